package looptest

import (
	"context"
	"testing"

	"github.com/loopvet/loopvet/runtime/loop"
	"github.com/loopvet/loopvet/runtime/pool"
)

func TestALoopAndAWorkerThatAreLeftBehindAreFound(t *testing.T) {
	if stack := leftBehind(); stack != nil {
		t.Fatalf("before anything was started:\n%s", stack)
	}
	p := pool.New(1)
	if _, err := pool.Go(t.Context(), p, func(context.Context) (int, error) { return 0, nil }).Wait(t.Context()); err != nil {
		t.Fatal(err)
	}
	if leftBehind() == nil {
		t.Error("an idle worker was not found")
	}
	if err := p.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	l := loop.New()
	hold := l.Hold()
	done := make(chan error)
	go func() { done <- l.Run(context.Background()) }()
	runs := make(chan bool)
	if err := l.Post(func() { close(runs) }); err != nil {
		t.Fatal(err)
	}
	<-runs
	if leftBehind() == nil {
		t.Error("a running loop was not found")
	}
	hold.Release()
	if err := <-done; err != nil {
		t.Error(err)
	}
	if stack := leftBehind(); stack != nil {
		t.Errorf("after the end:\n%s", stack)
	}
}
