//go:build unix

package pgtest

import "testing"

func TestTheServerAnswersThroughItsURL(t *testing.T) {
	pg := Start(t)
	if got, want := pg.Query(t, "postgres", "SELECT current_user, 1 + 1"), "loop|2"; got != want {
		t.Errorf("psql prints %q, want %q", got, want)
	}
	if out, err := pg.Command("postgres", "-c", "SELECT nothing").CombinedOutput(); err == nil {
		t.Errorf("a wrong query succeeds: %s", out)
	}
}
