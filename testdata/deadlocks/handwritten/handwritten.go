// Package handwritten has programs with pools of goroutines and channels that deadlock.
package handwritten

import (
	"os"
	"sync"
)

// DeadlockWorker has a worker hand its own crew a job and wait for it.
func DeadlockWorker() error {
	jobs := make(chan func(), 4)
	var workers sync.WaitGroup
	workers.Add(1)
	go func() {
		defer workers.Done()
		for job := range jobs {
			job()
		}
	}()
	jobs <- func() {
		removed := make(chan error)
		jobs <- func() { removed <- os.Remove("no such file") } // want `a channel send (waits|may wait) for a free worker of its own pool \(pool-selfwait\)`
		<-removed                                               // want `a channel receive (waits|may wait) for a task of its own pool \(pool-selfwait\)`
	}
	workers.Wait()
	return nil
}

// CorrectedWorker has the job do it itself.
func CorrectedWorker() error {
	jobs := make(chan func(), 4)
	var workers sync.WaitGroup
	workers.Add(1)
	go func() {
		defer workers.Done()
		for job := range jobs {
			job()
		}
	}()
	jobs <- func() {
		os.Remove("no such file")
		close(jobs)
	}
	workers.Wait()
	return nil
}

// DeadlockSemaphore asks for a slot while it holds the only one.
func DeadlockSemaphore() error {
	slots := make(chan struct{}, 1)
	done := make(chan struct{})
	go func() {
		defer close(done)
		slots <- struct{}{}
		defer func() { <-slots }()
		os.Remove("no such file")
		slots <- struct{}{} // want `a channel send (waits|may wait) for a slot while it holds one \(pool-selfwait\)`
		os.Remove("nor this one")
		<-slots
	}()
	<-done
	return nil
}

// CorrectedSemaphore gives the slot back in between.
func CorrectedSemaphore() error {
	slots := make(chan struct{}, 1)
	done := make(chan struct{})
	go func() {
		defer close(done)
		slots <- struct{}{}
		os.Remove("no such file")
		<-slots
		slots <- struct{}{} // ok: it was given back
		os.Remove("nor this one")
		<-slots
	}()
	<-done
	return nil
}
