package issues

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

var program = flag.String("program", "", "run this program")

var programs = map[string]func() error{
	"issues.CorrectedAnts":         CorrectedAnts,
	"issues.CorrectedCancelled":    CorrectedCancelled,
	"issues.CorrectedNestedGroups": CorrectedNestedGroups,
	"issues.DeadlockAnts":          DeadlockAnts,
	"issues.DeadlockCancelled":     DeadlockCancelled,
	"issues.DeadlockNestedGroups":  DeadlockNestedGroups,
}

// TestProgram runs one program in a bubble.
func TestProgram(t *testing.T) {
	if *program == "" {
		t.Skip("-program names the one to run")
	}
	run := programs[*program]
	if run == nil {
		t.Fatalf("no program %q", *program)
	}
	synctest.Test(t, func(t *testing.T) {
		if strings.HasSuffix(*program, "Ants") {
			run = within(time.Hour, run)
		}
		if err := run(); err != nil {
			t.Error(err)
		}
	})
}

// within gives a program an hour of the bubble's time. A pool of ants looks at
// the clock twice a second as long as it lives, so that its bubble is never all
// blocked: when nothing has come of the program for so long, nothing will.
func within(d time.Duration, run func() error) func() error {
	return func() error {
		ended := make(chan error, 1)
		go func() { ended <- run() }()
		limit := time.NewTimer(d)
		defer limit.Stop()
		select {
		case err := <-ended:
			return err
		case <-limit.C:
			fmt.Println("deadlock: nothing has happened for", d)
			os.Exit(1)
			return nil
		}
	}
}
