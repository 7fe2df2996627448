// Package selfwait has tasks that wait for a worker of the pool they run on. // want package:"waits"
package selfwait

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/loopvet/loopvet/runtime/loop"
	"github.com/loopvet/loopvet/runtime/pool"
)

type picture struct {
	width, height int
	pixels        []byte
}

func decode(name string) (picture, error) { return picture{}, errors.New("no such picture: " + name) }

func scale(p picture, by int) picture {
	return picture{p.width / by, p.height / by, p.pixels}
}

// The pool is in a field: the result of another task is awaited on a worker.

type gallery struct {
	workers *pool.Pool
	encoder *pool.Pool
}

func newGallery() *gallery {
	return &gallery{workers: pool.New(2), encoder: pool.New(2)}
}

func (g *gallery) thumbnail(ctx context.Context, name string) *pool.Future[picture] {
	return pool.Go(ctx, g.workers, func(ctx context.Context) (picture, error) {
		full := pool.Go(ctx, g.workers, func(context.Context) (picture, error) {
			return decode(name)
		})
		p, err := full.Wait(ctx) // want `\(\*pool.Future\).Wait (waits|may wait) for a task of its own pool \(pool-selfwait\): task of pool.Go`
		if err != nil {
			return picture{}, err
		}
		return scale(p, 8), nil
	})
}

// Another pool for the second stage: the two may be full at once and still go on.
func (g *gallery) encoded(ctx context.Context, name string) *pool.Future[picture] {
	return pool.Go(ctx, g.workers, func(ctx context.Context) (picture, error) {
		p, err := decode(name)
		if err != nil {
			return picture{}, err
		}
		small := pool.Go(ctx, g.encoder, func(context.Context) (picture, error) {
			return scale(p, 8), nil
		})
		return small.Wait(ctx) // ok: the encoder has workers of its own
	})
}

// Whoever asks waits, and no task does.
func (g *gallery) show(ctx context.Context, name string) (picture, error) {
	full := pool.Go(ctx, g.workers, func(context.Context) (picture, error) {
		return decode(name)
	})
	return full.Wait(ctx) // ok: not called by a task
}

// A task that has to wait says so, and another worker stands in.
func (g *gallery) compensated(ctx context.Context, name string) *pool.Future[picture] {
	return pool.Go(ctx, g.workers, func(ctx context.Context) (p picture, err error) {
		full := pool.Go(ctx, g.workers, func(context.Context) (picture, error) {
			return decode(name)
		})
		pool.Blocking(ctx, func(ctx context.Context) {
			p, err = full.Wait(ctx) // ok: the pool has one worker more meanwhile
		})
		return p, err
	})
}

// What was queued before the task that waits for it has started before it.
func (g *gallery) pair(ctx context.Context, name string) *pool.Future[picture] {
	full := pool.Go(ctx, g.workers, func(context.Context) (picture, error) {
		return decode(name)
	})
	return pool.Go(ctx, g.workers, func(ctx context.Context) (picture, error) {
		p, err := full.Wait(ctx) // ok: first in, first out
		return scale(p, 2), err
	})
}

// A local pool of one worker, and a context that does not know the task: for good.
func oneWorker(name string) {
	p := pool.New(1)
	err := p.TrySubmit(func() {
		full := pool.Go(context.Background(), p, func(context.Context) (picture, error) {
			return decode(name)
		})
		full.Wait(context.Background()) // want `\(\*pool.Future\).Wait waits for a task of its own pool \(pool-selfwait\): task of \(\*pool.Pool\).TrySubmit -> \(\*pool.Future\).Wait; the task that must run is submitted at selfwait.go:\d+`
	})
	if err != nil {
		p.Shutdown()
	}
}

// A local pool beside another one.
func twoLocals(name string) {
	reading, scaling := pool.New(1), pool.New(1)
	reading.TrySubmit(func() {
		full := pool.Go(context.Background(), scaling, func(context.Context) (picture, error) {
			return decode(name)
		})
		full.Wait(context.Background()) // ok: the other pool of the two
	})
	scaling.TrySubmit(func() { decode(name) })
}

// The wait is far from the submit, in methods of another type.

type catalog struct {
	mu     sync.Mutex
	pages  map[string]picture
	loader *pool.Pool
}

func (c *catalog) refresh(ctx context.Context, names [3]string) error {
	return c.loader.TrySubmit(func() { c.loadAll(c.loader.Context(ctx), names) })
}

func (c *catalog) loadAll(ctx context.Context, names [3]string) {
	for _, name := range names {
		c.store(name, c.load(ctx, name))
	}
}

func (c *catalog) load(ctx context.Context, name string) picture {
	f := c.start(ctx, name)
	p, err := f.Wait(ctx) // want `\(\*pool.Future\).Wait (waits|may wait) for a task of its own pool \(pool-selfwait\): task of \(\*pool.Pool\).TrySubmit -> \(\*catalog\).loadAll -> \(\*catalog\).load -> \(\*pool.Future\).Wait`
	if err != nil {
		return picture{}
	}
	return p
}

func (c *catalog) start(ctx context.Context, name string) *pool.Future[picture] {
	return pool.Go(ctx, c.loader, func(context.Context) (picture, error) { return decode(name) })
}

func (c *catalog) store(name string, p picture) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.pages[name] = p
}

// A WaitGroup that other tasks of the pool must finish.
func (c *catalog) parallel(first, second string) {
	c.loader.TrySubmit(func() {
		var wg sync.WaitGroup
		wg.Add(2)
		c.loader.TrySubmit(func() {
			defer wg.Done()
			decode(first)
		})
		c.loader.TrySubmit(func() {
			defer wg.Done()
			decode(second)
		})
		wg.Wait() // want `\(\*sync.WaitGroup\).Wait (waits|may wait) for a task of its own pool \(pool-selfwait\): task of \(\*pool.Pool\).TrySubmit -> \(\*sync.WaitGroup\).Wait`
	})
}

// Plain goroutines need no worker.
func (c *catalog) goroutines(first, second string) {
	c.loader.TrySubmit(func() {
		var wg sync.WaitGroup
		wg.Add(2)
		go func() {
			defer wg.Done()
			decode(first)
		}()
		go func() {
			defer wg.Done()
			decode(second)
		}()
		wg.Wait() // ok: goroutines do what it waits for
	})
}

// The goroutine that fills the group is outside, and so is the wait.
func (c *catalog) outside(first, second string) {
	var wg sync.WaitGroup
	wg.Add(2)
	c.loader.TrySubmit(func() {
		defer wg.Done()
		decode(first)
	})
	c.loader.TrySubmit(func() {
		defer wg.Done()
		decode(second)
	})
	wg.Wait() // ok: not called by a task
}

// A channel that only another task of the pool feeds.
func total(p *pool.Pool, numbers []int) *pool.Future[int] {
	return pool.Go(context.Background(), p, func(context.Context) (int, error) {
		half := make(chan int)
		p.TrySubmit(func() { half <- sum(numbers[:len(numbers)/2]) })
		rest := sum(numbers[len(numbers)/2:])
		return rest + <-half, nil // want `a channel receive waits for a task of its own pool \(pool-selfwait\): task of pool.Go`
	})
}

// A plain goroutine feeds the channel too.
func totalOrZero(p *pool.Pool, numbers []int) *pool.Future[int] {
	return pool.Go(context.Background(), p, func(context.Context) (int, error) {
		half := make(chan int, 2)
		p.TrySubmit(func() { half <- sum(numbers) })
		go func() { half <- 0 }()
		return <-half, nil // ok: the goroutine feeds it as well
	})
}

// Looking whether there is something does not wait.
func totalIfReady(p *pool.Pool, numbers []int) *pool.Future[int] {
	return pool.Go(context.Background(), p, func(context.Context) (int, error) {
		half := make(chan int, 1)
		p.TrySubmit(func() { half <- sum(numbers) })
		select {
		case n := <-half: // ok: there is a default
			return n, nil
		default:
			return 0, nil
		}
	})
}

func sum(numbers []int) int {
	n := 0
	for i := 0; i < len(numbers) && i < 1000; i++ {
		n += numbers[i]
	}
	return n
}

// A bounded queue: whoever submits waits for room, which only a worker makes.
func bounded(names [3]string) {
	p := pool.New(1, pool.WithQueueLimit(1))
	p.TrySubmit(func() {
		for _, name := range names {
			p.Submit(context.Background(), func() { decode(name) }) // want `\(\*pool.Pool\).Submit waits for a free worker of its own pool \(pool-selfwait\): task of \(\*pool.Pool\).TrySubmit`
		}
	})
}

// The same on a queue that has no bound, and with a submit that does not wait.
func unbounded(names [3]string) {
	p := pool.New(1)
	p.TrySubmit(func() {
		for _, name := range names {
			p.Submit(context.Background(), func() { decode(name) }) // ok: the queue has no bound
		}
	})
	q := pool.New(1, pool.WithQueueLimit(1))
	q.TrySubmit(func() {
		for _, name := range names {
			if q.TrySubmit(func() { decode(name) }) != nil { // ok: it does not wait
				decode(name)
			}
		}
	})
}

// From outside, waiting for room is what a bounded queue is for.
func feed(ctx context.Context, names [3]string) {
	p := pool.New(1, pool.WithQueueLimit(1))
	for _, name := range names {
		p.Submit(ctx, func() { decode(name) }) // ok: not called by a task
	}
	p.Close(ctx) // ok: not called by a task
}

// The last task closes its pool: the pool waits for the task, the task for the pool.
func lastOne(p *pool.Pool) {
	p.TrySubmit(func() {
		p.Close(context.Background()) // want `\(\*pool.Pool\).Close waits for .*its own pool.* \(pool-selfwait\): task of \(\*pool.Pool\).TrySubmit -> \(\*pool.Pool\).Close`
	})
}

func lastOneLetsGo(p *pool.Pool) {
	p.TrySubmit(func() {
		p.Shutdown() // ok: it does not wait
	})
}

// The pool of the package, tasks with names, method values.

var workers = pool.New(4)

type report struct {
	lines [2]string
	parts [2]*pool.Future[string]
}

func (r *report) build() {
	for i, line := range r.lines {
		r.parts[i] = pool.Go(context.Background(), workers, func(context.Context) (string, error) {
			return "- " + line, nil
		})
	}
	for _, part := range r.parts {
		part.Wait(context.Background()) // want `\(\*pool.Future\).Wait (waits|may wait) for a task of its own pool \(pool-selfwait\): task of \(\*pool.Pool\).TrySubmit -> \(\*report\).build -> \(\*pool.Future\).Wait`
	}
}

func (r *report) header() { r.lines[0] = "report" }

func publish(r *report) {
	workers.TrySubmit(r.build)
	workers.TrySubmit(r.header)
}

// The task hands on what will be there, and its caller waits.
func outline(r *report) *pool.Future[*pool.Future[string]] {
	return pool.Go(context.Background(), workers, func(context.Context) (*pool.Future[string], error) {
		return pool.Go(context.Background(), workers, func(context.Context) (string, error) { // ok: nobody waits here
			return r.lines[0], nil
		}), nil
	})
}

// Wrappers of one's own.

type executor struct{ pool *pool.Pool }

func (e executor) run(fn func()) <-chan struct{} {
	done := make(chan struct{})
	e.pool.TrySubmit(func() {
		defer close(done)
		fn()
	})
	return done
}

func wrapped(e executor) {
	e.run(func() {
		first := e.run(func() { decode("first") })
		<-first // want `a channel receive (waits|may wait) for a task of its own pool \(pool-selfwait\)`
	})
}

func wrappedOutside(e executor) {
	first := e.run(func() { decode("first") })
	second := e.run(func() { decode("second") })
	<-first  // ok: not called by a task
	<-second // ok: not called by a task
}

// The loop's work and a future on the pool that the loop was given.
func withLoop(ctx context.Context, show func(picture, error)) {
	p := pool.New(2)
	l := loop.New(loop.WithPool(p))
	l.NextTick(func() {
		loop.QueueWork(ctx, l, func(ctx context.Context) (picture, error) {
			full := pool.Go(ctx, p, func(context.Context) (picture, error) { return decode("cover") })
			return full.Wait(ctx) // want `\(\*pool.Future\).Wait waits for a task of its own pool \(pool-selfwait\): task of loop.QueueWork`
		}, show)
	})
	l.Run(ctx)
}

// The loop has a pool of its own, or the work is sent to another one.
func withLoopsOwn(ctx context.Context, show func(picture, error)) {
	p := pool.New(2)
	l := loop.New()
	l.NextTick(func() {
		loop.QueueWork(ctx, l, func(ctx context.Context) (picture, error) {
			full := pool.Go(ctx, p, func(context.Context) (picture, error) { return decode("cover") })
			return full.Wait(ctx) // ok: the loop's own pool runs this, p the other
		}, show)
	})
	l.Run(ctx)
}

func onPool(ctx context.Context, l *loop.Loop, p, q *pool.Pool, show func(picture, error)) {
	loop.QueueWork(ctx, l, func(ctx context.Context) (picture, error) {
		full := pool.Go(ctx, p, func(context.Context) (picture, error) { return decode("cover") })
		return full.Wait(ctx) // want `\(\*pool.Future\).Wait waits for a task of its own pool \(pool-selfwait\): task of loop.QueueWork`
	}, show, loop.OnPool(p))
	loop.QueueWork(ctx, l, func(ctx context.Context) (picture, error) {
		full := pool.Go(ctx, p, func(context.Context) (picture, error) { return decode("cover") })
		return full.Wait(ctx) // ok: this runs on q
	}, show, loop.OnPool(q))
}

// What a callback waits for is none of this analyzer's.
func callback(ctx context.Context, l *loop.Loop, p *pool.Pool) {
	l.NextTick(func() {
		full := pool.Go(ctx, p, func(context.Context) (picture, error) { return decode("cover") })
		full.Wait(ctx) // ok: a callback waits, which is blockingcall's
	})
}

// A wait with an end costs a worker for that time, and no more.
func patient(p *pool.Pool) {
	p.TrySubmit(func() {
		ready := make(chan picture, 1)
		p.TrySubmit(func() {
			cover, _ := decode("cover")
			ready <- cover
		})
		select {
		case <-ready: // ok: it waits a second at most
		case <-time.After(time.Second):
		}
	})
}

// The pool is behind an interface, and behind a function, in a field.

type runner interface{ submit(fn func()) }

type poolRunner struct{ pool *pool.Pool }

func (r *poolRunner) submit(fn func()) { r.pool.TrySubmit(fn) }

type service struct {
	runner runner
	do     func(fn func())
	pool   *pool.Pool
}

func newService() *service {
	p := pool.New(2)
	r := &poolRunner{p}
	return &service{runner: r, do: r.submit, pool: p}
}

func (s *service) behindInterface(ctx context.Context) {
	s.runner.submit(func() {
		full := pool.Go(ctx, s.pool, func(context.Context) (picture, error) { return decode("cover") })
		full.Wait(ctx) // want `\(\*pool.Future\).Wait may wait for a task of its own pool \(pool-selfwait\): task of \(\*pool.Pool\).TrySubmit`
	})
}

func (s *service) behindFunction(ctx context.Context) {
	s.do(func() {
		full := pool.Go(ctx, s.pool, func(context.Context) (picture, error) { return decode("cover") })
		full.Wait(ctx) // want `\(\*pool.Future\).Wait may wait for a task of its own pool \(pool-selfwait\): task of \(\*pool.Pool\).TrySubmit`
	})
}

func (s *service) outside(ctx context.Context) {
	full := pool.Go(ctx, s.pool, func(context.Context) (picture, error) { return decode("cover") })
	s.runner.submit(func() { decode("page") })
	full.Wait(ctx) // ok: not called by a task
}
