package loopdns_test

import (
	"testing"

	"github.com/loopvet/loopvet/runtime/looptest"
)

func TestMain(m *testing.M) { looptest.Main(m) }
