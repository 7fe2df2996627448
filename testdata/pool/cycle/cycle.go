// Package cycle has pools, and loops and pools, that wait for each other. // want package:"waits"
package cycle

import (
	"context"
	"os"
	"sync"

	"github.com/loopvet/loopvet/runtime/loop"
	"github.com/loopvet/loopvet/runtime/pool"
)

// Readers ask parsers, and parsers ask readers.

type compiler struct {
	readers *pool.Pool
	parsers *pool.Pool
	linkers *pool.Pool
	include map[string]string
}

func newCompiler() *compiler {
	return &compiler{readers: pool.New(4), parsers: pool.New(2), linkers: pool.New(1)}
}

func (c *compiler) read(name string) *pool.Future[string] {
	return pool.Go(context.Background(), c.readers, func(ctx context.Context) (string, error) {
		text, err := os.ReadFile(name)
		if err != nil {
			return "", err
		}
		parsed := c.parse(string(text))
		return parsed.Wait(context.Background()) // want `\(\*pool.Future\).Wait (waits|may wait) for a task that waits for this pool \(pool-cycle\): task of pool.Go`
	})
}

func (c *compiler) parse(text string) *pool.Future[string] {
	return pool.Go(context.Background(), c.parsers, func(ctx context.Context) (string, error) {
		included := c.read(c.include[text])
		more, err := included.Wait(context.Background()) // want `\(\*pool.Future\).Wait (waits|may wait) for a task that waits for this pool \(pool-cycle\): task of pool.Go`
		return text + more, err
	})
}

// Linkers wait for readers, and nobody waits for linkers in a task.
func (c *compiler) link(ctx context.Context, names [2]string) *pool.Future[string] {
	return pool.Go(ctx, c.linkers, func(ctx context.Context) (string, error) {
		all := ""
		for _, name := range names {
			text, err := c.read(name).Wait(context.Background()) // ok: this pool is waited for by no reader
			if err != nil {
				return "", err
			}
			all += text
		}
		return all, nil
	})
}

func (c *compiler) run(ctx context.Context) (string, error) {
	return c.link(ctx, [2]string{"main", "lib"}).Wait(ctx) // ok: not called by a task
}

// One direction only.

type pipeline struct {
	fetch, store *pool.Pool
}

func (p *pipeline) get(ctx context.Context, name string) *pool.Future[[]byte] {
	return pool.Go(ctx, p.fetch, func(context.Context) ([]byte, error) { return os.ReadFile(name) })
}

func (p *pipeline) put(ctx context.Context, name string) *pool.Future[int] {
	return pool.Go(ctx, p.store, func(ctx context.Context) (int, error) {
		data, err := p.get(ctx, name).Wait(ctx) // ok: no task of fetch waits for store
		return len(data), err
	})
}

// A task hands its result to the other pool and goes on.
func (p *pipeline) forward(ctx context.Context, name string) *pool.Future[int] {
	return pool.Go(ctx, p.fetch, func(ctx context.Context) (int, error) {
		p.put(ctx, name) // ok: it does not wait for store
		return 0, nil
	})
}

// Two local pools of one worker each: certain.
func locals() {
	p, q := pool.New(1), pool.New(1)
	ctx := context.Background()
	p.TrySubmit(func() {
		pool.Go(ctx, q, func(context.Context) (int, error) {
			return pool.Go(ctx, p, func(context.Context) (int, error) { return 1, nil }).Wait(ctx) // want `\(\*pool.Future\).Wait waits for a task that waits for this pool \(pool-cycle\): task of pool.Go`
		}).Wait(ctx) // want `\(\*pool.Future\).Wait waits for a task that waits for this pool \(pool-cycle\): task of \(\*pool.Pool\).TrySubmit`
	})
}

func localsOneWay() {
	p, q, r := pool.New(1), pool.New(1), pool.New(1)
	ctx := context.Background()
	p.TrySubmit(func() {
		pool.Go(ctx, q, func(context.Context) (int, error) {
			return pool.Go(ctx, r, func(context.Context) (int, error) { return 1, nil }).Wait(ctx) // ok: r waits for nobody
		}).Wait(ctx) // ok: q waits for r only
	})
}

// Pools of the package, with WaitGroups and channels in place of futures.

var (
	indexers = pool.New(2)
	writers  = pool.New(2)
	cleaners = pool.New(2)
)

func indexPage() {
	var written sync.WaitGroup
	written.Add(1)
	writers.TrySubmit(func() {
		defer written.Done()
		writePage()
	})
	written.Wait() // want `\(\*sync.WaitGroup\).Wait waits for a task that waits for this pool \(pool-cycle\): task of \(\*pool.Pool\).TrySubmit -> indexPage -> \(\*sync.WaitGroup\).Wait`
}

func writePage() {
	known := make(chan bool)
	indexers.TrySubmit(func() { known <- true })
	if <-known { // want `a channel receive waits for a task that waits for this pool \(pool-cycle\)`
		os.WriteFile("page", nil, 0o600)
	}
}

func startIndexing() { indexers.TrySubmit(indexPage) }

// Cleaners wait for writers, and writers only for what a goroutine does.
func cleanPage() {
	done := make(chan error)
	writers.TrySubmit(func() { done <- flushPage() })
	<-done // ok: what it waits for needs no cleaner
}

func flushPage() error {
	done := make(chan error)
	go func() { done <- os.Remove("page") }()
	return <-done // ok: a goroutine feeds it
}

func startCleaning() { cleaners.TrySubmit(cleanPage) }

// Three in a ring.

type ring struct{ first, second, third *pool.Pool }

func newRing() *ring { return &ring{pool.New(1), pool.New(1), pool.New(1)} }

func (r *ring) one(ctx context.Context) *pool.Future[int] {
	return pool.Go(ctx, r.first, func(context.Context) (int, error) {
		return r.two(ctx).Wait(ctx) // want `\(\*pool.Future\).Wait (waits|may wait) for a task that waits for this pool \(pool-cycle\)`
	})
}

func (r *ring) two(ctx context.Context) *pool.Future[int] {
	return pool.Go(ctx, r.second, func(context.Context) (int, error) {
		return r.three(ctx).Wait(ctx) // want `\(\*pool.Future\).Wait (waits|may wait) for a task that waits for this pool \(pool-cycle\)`
	})
}

func (r *ring) three(ctx context.Context) *pool.Future[int] {
	return pool.Go(ctx, r.third, func(context.Context) (int, error) {
		return r.one(ctx).Wait(ctx) // want `\(\*pool.Future\).Wait (waits|may wait) for a task that waits for this pool \(pool-cycle\)`
	})
}

// A ring with a worker that stands in for one that waits.
type relay struct{ near, far *pool.Pool }

func (r *relay) out(ctx context.Context) *pool.Future[int] {
	return pool.Go(ctx, r.near, func(ctx context.Context) (n int, err error) {
		pool.Blocking(ctx, func(ctx context.Context) {
			n, err = r.back(ctx).Wait(ctx) // ok: near has one worker more meanwhile
		})
		return n, err
	})
}

func (r *relay) back(ctx context.Context) *pool.Future[int] {
	return pool.Go(ctx, r.far, func(ctx context.Context) (n int, err error) {
		pool.Blocking(ctx, func(ctx context.Context) {
			n, err = pool.Go(ctx, r.near, func(context.Context) (int, error) { return 1, nil }).Wait(ctx) // ok: far has one worker more meanwhile
		})
		return n, err
	})
}

// The loop waits for a task, and the task for the loop.

type window struct {
	loop  *loop.Loop
	pool  *pool.Pool
	title string
}

func (w *window) rename(ctx context.Context) {
	w.loop.NextTick(func() {
		renamed := pool.Go(ctx, w.pool, func(ctx context.Context) (string, error) {
			shown := make(chan struct{})
			w.loop.Post(func() {
				w.title = "new"
				close(shown)
			})
			<-shown // want `a channel receive waits for the loop, which waits for this task \(pool-cycle\): task of pool.Go -> a channel receive`
			return w.title, nil
		})
		renamed.Wait(ctx) // ok: a callback waits, which is blockingcall's
	})
}

// The same with a WaitGroup, and a task with a name.

type board struct {
	loop  *loop.Loop
	pool  *pool.Pool
	cells [9]int
}

func (b *board) solve() {
	var shown sync.WaitGroup
	shown.Add(1)
	b.loop.Post(func() {
		b.cells[0] = 1
		shown.Done()
	})
	shown.Wait() // want `\(\*sync.WaitGroup\).Wait waits for the loop, which waits for this task \(pool-cycle\): task of .* -> \(\*board\).solve -> \(\*sync.WaitGroup\).Wait`
}

func (b *board) start() {
	b.loop.SetImmediate(func() {
		solved := make(chan struct{})
		b.pool.TrySubmit(func() {
			b.solve()
			close(solved)
		})
		<-solved // ok: a callback waits, which is blockingcall's
	})
}

// No callback waits for the task, so the loop gets to what was posted.

type panel struct {
	loop *loop.Loop
	pool *pool.Pool
	text string
}

func (p *panel) load(ctx context.Context) {
	p.loop.NextTick(func() {
		pool.Go(ctx, p.pool, func(context.Context) (string, error) {
			shown := make(chan struct{})
			p.loop.Post(func() {
				p.text = "loaded"
				close(shown)
			})
			<-shown // ok: no callback waits for this task
			return "", nil
		})
	})
}

// The callback waits, and the task only posts.

type status struct {
	loop *loop.Loop
	pool *pool.Pool
	line string
}

func (s *status) update(ctx context.Context) {
	s.loop.NextTick(func() {
		pool.Go(ctx, s.pool, func(context.Context) (int, error) {
			s.loop.Post(func() { s.line = "done" }) // ok: it does not wait for the loop
			return 1, nil
		}).Wait(ctx) // ok: a callback waits, which is blockingcall's
	})
}

// The callback waits, the task posts, and waits for a goroutine.
func (s *status) check(ctx context.Context) {
	s.loop.NextTick(func() {
		pool.Go(ctx, s.pool, func(context.Context) (int, error) {
			read := make(chan int)
			go func() { read <- os.Getpid() }()
			s.loop.Post(func() { s.line = "checked" })
			return <-read, nil // ok: a goroutine feeds it
		}).Wait(ctx) // ok: a callback waits, which is blockingcall's
	})
}

// Two instances of the same type, each with a pool of its own direction.
func instances(ctx context.Context) {
	near, far := &stage{pool: pool.New(1)}, &stage{pool: pool.New(1)}
	near.then(ctx, func() { far.do(ctx) })
	far.then(ctx, func() {})
}

type stage struct{ pool *pool.Pool }

func (s *stage) do(ctx context.Context) {
	pool.Go(ctx, s.pool, func(context.Context) (int, error) { return 1, nil }) // ok: nobody waits for it
}

func (s *stage) then(ctx context.Context, next func()) {
	s.pool.TrySubmit(next)
}
