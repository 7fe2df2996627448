package looptty_test

import (
	"os"
	"testing"

	"github.com/loopvet/loopvet/runtime/looptest"
)

// childVariable has the test's own program be one of those that a test needs.
const childVariable = "LOOPTTY_TEST_CHILD"

func TestMain(m *testing.M) {
	if what := os.Getenv(childVariable); what != "" {
		child(what)
		return
	}
	looptest.Main(m)
}
