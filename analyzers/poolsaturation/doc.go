/*
Package poolsaturation defines an analyzer of tasks on worker pools.

# Analyzer poolsaturation

poolsaturation: report tasks that deadlock, occupy or flood a worker pool

A worker pool runs functions, its tasks, on a fixed number of goroutines, its
workers. A task that waits keeps its worker; when what it waits for needs a
worker too, there may be none left. This analyzer follows each task through the
functions it calls, in whatever package, knows which pool it runs on, and reports
the line on which it stops, with the path that leads there. It does not look at
callbacks on an event loop: what makes those wait is blockingcall's.

Pools and what they do are known from contracts for well-known libraries, from
//loopvet: directives in a library's source, and from the form of hand-written
ones: goroutines that range over a channel of work, and channels and semaphores
that bound how many run. The command looks for the latter in packages that use an
event loop or a known pool, and in all packages with -pools. A pool is followed
through variables, fields, parameters and constructors. A message says "waits"
when two pools are certain to be the same, and "may wait" when they are in the
same field, or come from the same function.

A deadlock that is certain is an error. One that depends on how many tasks run at
a time, and what uses a pool up, is a warning. The rules fanout, kernel and
partition are about load and are reported at level info only, fanout as a warning
when the number of tasks is known to be too large.

pool-selfwait: a task waits for another task of its own pool: for its result, for
a WaitGroup, a group or a channel that only the other one finishes, for room in
the queue of the pool, or for the whole pool to end. As soon as such tasks hold
all workers, none of them goes on. The message has two places: where the task
waits, and where the one that must run is submitted. It is an error when the pool
has one worker, when as many tasks that wait are submitted as it has workers, and
when a task waits for its pool to end. Waiting outside of tasks, for goroutines,
for another pool, or for what was queued before the task itself, is fine, and so
is a wait in pool.Blocking, which lends the pool a worker meanwhile.

	// WRONG: a page holds a worker while it waits for one.
	pages := pool.New(2)
	pages.TrySubmit(func() {
		tile := pool.Go(ctx, pages, render)
		show(tile.Wait(ctx))
	})

	// RIGHT: tiles have workers of their own.
	pages, tiles := pool.New(2), pool.New(2)
	pages.TrySubmit(func() {
		tile := pool.Go(ctx, tiles, render)
		show(tile.Wait(ctx))
	})

pool-cycle: tasks of one pool wait for tasks of another, and those for tasks of
the first; or a callback waits for a task that waits for the callback's loop. It
is the same as waiting for one's own pool, by way of another. Pools may be in any
order in which each waits only for later ones.

	// WRONG: readers wait for parsers, and parsers for readers.
	readers.TrySubmit(func() {
		parsed := pool.Go(ctx, parsers, func(ctx context.Context) (string, error) {
			return pool.Go(ctx, readers, include).Wait(ctx)
		})
		show(parsed.Wait(ctx))
	})

	// RIGHT: readers wait for parsers, and parsers for nobody.
	readers.TrySubmit(func() {
		included, err := include(ctx)
		parsed := pool.Go(ctx, parsers, func(context.Context) (string, error) {
			return parse(included, err)
		})
		show(parsed.Wait(ctx))
	})

pool-heldlock: a task waits for another one while it holds a mutex that the other
takes. Each waits for the other, on whatever pools they run. It is an error when
the other takes the mutex whenever it runs, and a warning when it does so
sometimes. Two that only read do not wait for each other.

	// WRONG: add takes the mutex that its waiter holds.
	workers.TrySubmit(func() {
		mu.Lock()
		defer mu.Unlock()
		entries = nil
		added := pool.Go(ctx, helpers, add)
		show(added.Wait(ctx))
	})

	// RIGHT: nothing is held during the wait.
	workers.TrySubmit(func() {
		mu.Lock()
		entries = nil
		mu.Unlock()
		added := pool.Go(ctx, helpers, add)
		show(added.Wait(ctx))
	})

pool-forever: a task does not come back: it accepts connections, receives from a
channel that nobody closes, waits for a ticker, or is parked in an empty select.
The pool has one worker fewer from then on. Where it is known, the message says
how many tasks of the kind are started and how many workers there are. A loop that
only a context or a signal ends is meant too, and polling is not: a loop that ends
when a condition holds, or when its time is over. Give such a loop a goroutine of
its own, or let each turn of it be a task.

	// WRONG: one worker fewer, for good.
	workers.TrySubmit(func() {
		for range time.Tick(time.Second) {
			flush()
		}
	})

	// RIGHT: each flush is a task.
	l.SetInterval(time.Second, func() {
		workers.TrySubmit(flush)
	})

pool-fanout: a task is submitted, or in a callback a goroutine started, for each
element of an input, and nothing bounds how many. The queue grows with the input,
and what is submitted after it waits for all of it. One goroutine a callback is
the idiom on many loops, and is not reported; neither are loops over constants, a
fixed number of shares, submits that wait for room, semaphores, and a pool that
the same function makes for the input and waits for.

	// WRONG: as many tasks as there are names.
	l.NextTick(func() {
		for _, name := range names {
			workers.TrySubmit(func() { os.Remove(name) })
		}
	})

	// RIGHT: four tasks share the names.
	l.NextTick(func() {
		for share := range 4 {
			workers.TrySubmit(func() {
				for i := share; i < len(names); i += 4 {
					os.Remove(names[i])
				}
			})
		}
	})

pool-kernel: a task of a loop waits for the network. A pool is for what the
operating system cannot do without a thread, such as reading files. Go waits for
sockets without one, so that a goroutine that waits and then posts costs no
worker, and a server that does not answer keeps nobody from reading a file.

	// WRONG: a worker waits for the peer.
	loop.QueueWork(ctx, l, func(context.Context) (*http.Response, error) {
		return http.Head(address)
	}, answer)

	// RIGHT: a goroutine waits, and posts.
	go func() {
		resp, err := http.Head(address)
		l.Post(func() { answer(resp, err) })
	}()

pool-partition: a task goes through its input again for each of its elements, and
short tasks run on the same pool. However many workers there are, a few such
inputs keep all of them from the short tasks. Cut the work into tasks of a bounded
length, look at the context to stop when nobody wants the result any more, or give
it a pool of its own.

	// WRONG: a long input takes its worker for as long as it likes.
	loop.QueueWork(ctx, l, func(context.Context) (pairs int, err error) {
		for _, p := range points {
			for _, q := range points {
				if p == q {
					pairs++
				}
			}
		}
		return pairs, nil
	}, count)

	// RIGHT: it ends when its request does.
	loop.QueueWork(ctx, l, func(ctx context.Context) (pairs int, err error) {
		for _, p := range points {
			if err := ctx.Err(); err != nil {
				return 0, err
			}
			for _, q := range points {
				if p == q {
					pairs++
				}
			}
		}
		return pairs, nil
	}, count)

pool-affinity: a task calls what only its loop's goroutine may call, or writes a
variable that a callback writes too, with nothing in between that orders the two.
A task hands its result to the loop: as the value it returns, or by a post.

	// WRONG: timers belong to their loop.
	workers.TrySubmit(func() {
		os.Remove(name)
		l.SetTimeout(time.Second, retry)
	})

	// RIGHT: the loop sets the timer.
	workers.TrySubmit(func() {
		os.Remove(name)
		l.Post(func() {
			l.SetTimeout(time.Second, retry)
		})
	})
*/
package poolsaturation
