// Package cycle has, of each library, pools whose tasks wait for each other. // want package:"waits"
package cycle

import (
	"os"
	"sync"

	"github.com/Jeffail/tunny"
	"github.com/alitto/pond/v2"
	"github.com/gammazero/workerpool"
	"github.com/panjf2000/ants/v2"
	"github.com/sourcegraph/conc/pool"
	"golang.org/x/sync/errgroup"
)

// pond: tasks are waited for by name.

type pondCompiler struct{ readers, parsers, linkers pond.Pool }

func newPondCompiler() *pondCompiler {
	return &pondCompiler{readers: pond.NewPool(4), parsers: pond.NewPool(2), linkers: pond.NewPool(1)}
}

func (c *pondCompiler) read(name string) pond.Task {
	return c.readers.Submit(func() {
		os.ReadFile(name)
		c.parse(name).Wait() // want `\(pond.Task\).Wait (waits|may wait) for a task that waits for this pool \(pool-cycle\): task of \(pond.Pool\).Submit`
	})
}

func (c *pondCompiler) parse(text string) pond.Task {
	return c.parsers.Submit(func() {
		c.read(text).Wait() // want `\(pond.Task\).Wait (waits|may wait) for a task that waits for this pool \(pool-cycle\): task of \(pond.Pool\).Submit`
	})
}

func (c *pondCompiler) link(name string) pond.Task {
	return c.linkers.Submit(func() {
		c.read(name).Wait() // ok: no reader waits for linkers
	})
}

func (c *pondCompiler) run(name string) error {
	return c.read(name).Wait() // ok: not called by a task
}

// workerpool: SubmitWait waits for its task.

type workerCompiler struct{ readers, parsers, linkers *workerpool.WorkerPool }

func newWorkerCompiler() *workerCompiler {
	return &workerCompiler{readers: workerpool.New(4), parsers: workerpool.New(2), linkers: workerpool.New(1)}
}

func (c *workerCompiler) read(name string) {
	c.readers.SubmitWait(func() {
		os.ReadFile(name)
		c.parsers.SubmitWait(func() { os.ReadFile(name + ".parsed") }) // want `\(\*workerpool.WorkerPool\).SubmitWait (waits|may wait) for a task that waits for this pool \(pool-cycle\)`
	})
}

func (c *workerCompiler) parse(name string) {
	c.parsers.Submit(func() {
		c.readers.SubmitWait(func() { os.ReadFile(name) }) // want `\(\*workerpool.WorkerPool\).SubmitWait (waits|may wait) for a task that waits for this pool \(pool-cycle\)`
	})
}

func (c *workerCompiler) link(name string) {
	c.linkers.Submit(func() {
		c.readers.SubmitWait(func() { os.ReadFile(name) }) // ok: no reader waits for linkers
	})
}

func (c *workerCompiler) linkLater(name string) {
	c.readers.Submit(func() {
		c.linkers.Submit(func() { os.Remove(name) }) // ok: it does not wait
	})
}

// tunny: Process waits for its result.

type tunnyCompiler struct{ readers, parsers, linkers *tunny.Pool }

func newTunnyCompiler() *tunnyCompiler {
	c := new(tunnyCompiler)
	c.readers = tunny.NewFunc(4, c.read)
	c.parsers = tunny.NewFunc(2, c.parse)
	c.linkers = tunny.NewFunc(1, c.link)
	return c
}

func (c *tunnyCompiler) read(name any) any {
	return c.parsers.Process(name) // want `\(\*tunny.Pool\).Process (waits|may wait) for a task that waits for this pool \(pool-cycle\)`
}

func (c *tunnyCompiler) parse(text any) any {
	return c.readers.Process(text) // want `\(\*tunny.Pool\).Process (waits|may wait) for a task that waits for this pool \(pool-cycle\)`
}

func (c *tunnyCompiler) link(name any) any {
	return c.readers.Process(name) // ok: no reader waits for linkers
}

func (c *tunnyCompiler) run(name string) any {
	return c.readers.Process(name) // ok: not called by a task
}

// ants, conc and errgroup: a WaitGroup counts the tasks.

type antsCompiler struct{ readers, parsers, linkers *ants.Pool }

func newAntsCompiler() (*antsCompiler, error) {
	c := new(antsCompiler)
	var err error
	if c.readers, err = ants.NewPool(4, ants.WithNonblocking(true)); err != nil {
		return nil, err
	}
	if c.parsers, err = ants.NewPool(2, ants.WithNonblocking(true)); err != nil {
		return nil, err
	}
	c.linkers, err = ants.NewPool(1, ants.WithNonblocking(true))
	return c, err
}

func (c *antsCompiler) read(name string) {
	c.readers.Submit(func() {
		var parsed sync.WaitGroup
		parsed.Add(1)
		c.parsers.Submit(func() {
			defer parsed.Done()
			os.ReadFile(name + ".parsed")
		})
		parsed.Wait() // want `\(\*sync.WaitGroup\).Wait (waits|may wait) for a task that waits for this pool \(pool-cycle\): task of \(\*ants.Pool\).Submit`
	})
}

func (c *antsCompiler) parse(name string) {
	c.parsers.Submit(func() {
		var read sync.WaitGroup
		read.Add(1)
		c.readers.Submit(func() {
			defer read.Done()
			os.ReadFile(name)
		})
		read.Wait() // want `\(\*sync.WaitGroup\).Wait (waits|may wait) for a task that waits for this pool \(pool-cycle\): task of \(\*ants.Pool\).Submit`
	})
}

func (c *antsCompiler) link(name string) {
	c.linkers.Submit(func() {
		var read sync.WaitGroup
		read.Add(1)
		c.readers.Submit(func() {
			defer read.Done()
			os.ReadFile(name)
		})
		read.Wait() // ok: no reader waits for linkers
	})
}

func (c *antsCompiler) linkLater(name string) {
	c.parsers.Submit(func() {
		c.linkers.Submit(func() { os.Remove(name) }) // ok: no linker waits for parsers
	})
}

type concCompiler struct{ readers, parsers, linkers *pool.Pool }

func newConcCompiler() *concCompiler {
	return &concCompiler{
		readers: pool.New().WithMaxGoroutines(4),
		parsers: pool.New().WithMaxGoroutines(2),
		linkers: pool.New().WithMaxGoroutines(1),
	}
}

func (c *concCompiler) read(name string) {
	c.readers.Go(func() {
		parsed := make(chan struct{})
		c.parsers.Go(func() { // want `\(\*pool.Pool\).Go (waits|may wait) for a task that waits for this pool \(pool-cycle\): task of \(\*pool.Pool\).Go`
			defer close(parsed)
			os.ReadFile(name + ".parsed")
		})
		<-parsed // want `a channel receive (waits|may wait) for a task that waits for this pool \(pool-cycle\): task of \(\*pool.Pool\).Go`
	})
}

func (c *concCompiler) parse(name string) {
	c.parsers.Go(func() {
		c.readers.Go(func() { os.ReadFile(name) }) // want `\(\*pool.Pool\).Go (waits|may wait) for a task that waits for this pool \(pool-cycle\): task of \(\*pool.Pool\).Go`
	})
}

func (c *concCompiler) link(name string) {
	c.linkers.Go(func() {
		c.readers.Go(func() { os.ReadFile(name) }) // ok: no reader waits for linkers
	})
}

func (c *concCompiler) run(name string) {
	c.readers.Go(func() { os.ReadFile(name) }) // ok: not called by a task
	c.readers.Wait()                           // ok: not called by a task
}

type groupCompiler struct{ readers, parsers, linkers errgroup.Group }

func newGroupCompiler() *groupCompiler {
	c := new(groupCompiler)
	c.readers.SetLimit(4)
	c.parsers.SetLimit(2)
	c.linkers.SetLimit(1)
	return c
}

func (c *groupCompiler) read(name string) {
	c.readers.Go(func() error {
		c.parsers.Go(func() error { return os.Remove(name + ".parsed") }) // want `\(\*errgroup.Group\).Go (waits|may wait) for a task that waits for this pool \(pool-cycle\): task of \(\*errgroup.Group\).Go`
		return nil
	})
}

func (c *groupCompiler) parse(name string) {
	c.parsers.Go(func() error {
		c.readers.Go(func() error { return os.Remove(name) }) // want `\(\*errgroup.Group\).Go (waits|may wait) for a task that waits for this pool \(pool-cycle\): task of \(\*errgroup.Group\).Go`
		return nil
	})
}

func (c *groupCompiler) link(name string) {
	c.linkers.Go(func() error {
		c.readers.Go(func() error { return os.Remove(name) }) // ok: no reader waits for linkers
		return nil
	})
}

func (c *groupCompiler) linkIfFree(name string) {
	c.readers.Go(func() error {
		c.linkers.TryGo(func() error { return os.Remove(name) }) // ok: it does not wait
		return nil
	})
}
