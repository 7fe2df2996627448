package looptty_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/loopvet/loopvet/runtime/loop"
	"github.com/loopvet/loopvet/runtime/loopio"
	"github.com/loopvet/loopvet/runtime/looptest"
	"github.com/loopvet/loopvet/runtime/looptty"
)

// A terminal is a handle, a source and a sink.
var (
	_ loop.Handle   = (*looptty.TTY)(nil)
	_ loopio.Source = (*looptty.TTY)(nil)
	_ loopio.Sink   = (*looptty.TTY)(nil)
)

func TestWhatIsNoTerminalIsRefused(t *testing.T) {
	l := loop.New()
	regular, err := os.Create(filepath.Join(t.TempDir(), "file"))
	if err != nil {
		t.Fatal(err)
	}
	defer regular.Close()
	null, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	defer null.Close()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	defer r.Close()
	for _, f := range []*os.File{regular, null, r, w} {
		if looptty.IsTerminal(f) {
			t.Errorf("%s is a terminal", f.Name())
		}
		if _, err := looptty.New(l, f); !errors.Is(err, looptty.ErrNotTerminal) {
			t.Errorf("%s: %v", f.Name(), err)
		}
	}
	closed, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	closed.Close()
	if looptty.IsTerminal(closed) {
		t.Error("a closed file is a terminal")
	}
	looptest.CheckLeaks(t, l)
}

func TestOpenTellsItsErrors(t *testing.T) {
	l := loop.New()
	_, err := looptty.Open(l, filepath.Join(t.TempDir(), "none"))
	if !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, errors.ErrUnsupported) {
		t.Errorf("a name that is not there: %v", err)
	}
	_, err = looptty.Open(l, os.DevNull)
	if !errors.Is(err, looptty.ErrNotTerminal) && !errors.Is(err, errors.ErrUnsupported) {
		t.Errorf("%s: %v", os.DevNull, err)
	}
	looptest.CheckLeaks(t, l)
}
