// Package fanout starts a task or a goroutine for each element of its input. // want package:"waits"
package fanout

import (
	"bufio"
	"context"
	"errors"
	"io"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/loopvet/loopvet/runtime/loop"
	"github.com/loopvet/loopvet/runtime/pool"
)

type mailer struct {
	loop    *loop.Loop
	workers *pool.Pool
	spool   string
}

func (m *mailer) deliver(address string) error {
	return os.WriteFile(m.spool+"/"+address, nil, 0o600)
}

// A task for each element of what the callback was given.
func (m *mailer) sendAll(ctx context.Context, addresses []string) {
	m.loop.NextTick(func() {
		for _, a := range addresses {
			pool.Go(ctx, m.workers, func(context.Context) (int, error) { // want `pool.Go submits a task for each element of its input \(pool-fanout\)`
				return 0, m.deliver(a)
			})
		}
	})
}

// One task for all of them.
func (m *mailer) sendAllInOne(ctx context.Context, addresses []string) {
	m.loop.NextTick(func() {
		pool.Go(ctx, m.workers, func(ctx context.Context) (int, error) { // ok: one task
			for i, a := range addresses {
				if err := m.deliver(a); err != nil {
					return i, err
				}
			}
			return len(addresses), nil
		})
	})
}

// Four tasks, each with its share.
func (m *mailer) sendShares(ctx context.Context, addresses []string) {
	const shares = 4
	m.loop.NextTick(func() {
		for share := range shares {
			pool.Go(ctx, m.workers, func(context.Context) (int, error) { // ok: four of them
				for i := share; i < len(addresses); i += shares {
					m.deliver(addresses[i])
				}
				return 0, nil
			})
		}
	})
}

// The loop's own pool, with the keys of a map.
func (m *mailer) sendMap(ctx context.Context, letters map[string]string, sent func(error)) {
	m.loop.NextTick(func() {
		for address := range letters {
			loop.QueueFunc(ctx, m.loop, func(context.Context) error { // want `loop.QueueFunc submits a task for each element of its input \(pool-fanout\)`
				return m.deliver(address)
			}, sent)
		}
	})
}

// The next one is queued when the last one has come back.
func (m *mailer) sendChain(ctx context.Context, addresses []string) {
	if len(addresses) == 0 {
		return
	}
	loop.QueueFunc(ctx, m.loop, func(context.Context) error { // ok: one at a time
		return m.deliver(addresses[0])
	}, func(error) {
		m.sendChain(ctx, addresses[1:])
	})
}

// A go statement for each element.
func (m *mailer) sendGoroutines(addresses []string) {
	m.loop.NextTick(func() {
		for _, a := range addresses {
			go m.deliver(a) // want `go starts a goroutine for each element of its input \(pool-fanout\)`
		}
	})
}

// One goroutine for a callback is the idiom.
func (m *mailer) sendBeside(addresses []string) {
	m.loop.NextTick(func() {
		go func() { // ok: one goroutine
			for _, a := range addresses {
				m.deliver(a)
			}
		}()
	})
}

// A goroutine for each, behind a semaphore.
func (m *mailer) sendLimited(addresses []string) {
	m.workers.TrySubmit(func() {
		slots := make(chan struct{}, 8)
		for _, a := range addresses {
			slots <- struct{}{}
			go func() { // ok: eight at a time
				defer func() { <-slots }()
				m.deliver(a)
			}()
		}
	})
}

// The elements of a literal, of an array, of a constant.
func (m *mailer) sendFew(ctx context.Context) {
	m.loop.NextTick(func() {
		for _, a := range []string{"root", "postmaster"} {
			pool.Go(ctx, m.workers, func(context.Context) (int, error) { return 0, m.deliver(a) }) // ok: two of them
		}
		for _, a := range [...]string{"root", "postmaster"} {
			go m.deliver(a) // ok: two of them
		}
		for i := 0; i < 3; i++ {
			go m.deliver("root") // ok: three of them
		}
	})
}

// A number from outside.
func (m *mailer) copies(ctx context.Context, n int, address string) {
	m.loop.NextTick(func() {
		for i := 0; i < n; i++ {
			m.workers.TrySubmit(func() { m.deliver(address) }) // want `\(\*pool.Pool\).TrySubmit submits a task for each element of its input \(pool-fanout\)`
		}
	})
}

// The smaller of that and a constant.
func (m *mailer) someCopies(ctx context.Context, n int, address string) {
	m.loop.NextTick(func() {
		for range min(n, 10) {
			m.workers.TrySubmit(func() { m.deliver(address) }) // ok: ten at most
		}
	})
}

// The elements of an iterator.
func (m *mailer) sendKeys(letters map[string]string) {
	m.loop.NextTick(func() {
		for address := range maps.Keys(letters) {
			m.workers.TrySubmit(func() { m.deliver(address) }) // want `\(\*pool.Pool\).TrySubmit submits a task for each element of its input \(pool-fanout\)`
		}
		for _, address := range slices.Backward(slices.Sorted(maps.Keys(letters))) {
			go m.deliver(address) // want `go starts a goroutine for each element of its input \(pool-fanout\)`
		}
	})
}

// An iterator, and one task for what it gives.
func (m *mailer) sendCollected(letters map[string]string) {
	m.loop.NextTick(func() {
		var addresses []string
		for address := range maps.Keys(letters) {
			addresses = append(addresses, address)
		}
		m.workers.TrySubmit(func() { // ok: one task
			for _, a := range addresses {
				m.deliver(a)
			}
		})
	})
}

// A constant that is too many for anybody.
func (m *mailer) flood(address string) {
	m.loop.NextTick(func() {
		for range 100_000 {
			m.workers.TrySubmit(func() { m.deliver(address) }) // want `\(\*pool.Pool\).TrySubmit submits a task .*\(pool-fanout\)`
		}
	})
}

// The lines of a file, through a wrapper.

func (m *mailer) submit(address string) {
	m.workers.TrySubmit(func() { m.deliver(address) }) // want `\(\*pool.Pool\).TrySubmit submits a task for each element of its input \(pool-fanout\)`
}

func (m *mailer) sendLines(r io.Reader) {
	m.workers.TrySubmit(func() {
		for sc := bufio.NewScanner(r); sc.Scan(); {
			m.submit(sc.Text())
		}
	})
}

// The wrapper of one letter.

func (m *mailer) enqueue(address string) {
	m.workers.TrySubmit(func() { m.deliver(address) }) // ok: one task
}

func (m *mailer) sendOne(address string) {
	m.loop.NextTick(func() { m.enqueue(address) })
}

// A bounded queue: whoever is too many waits, in a task that may.
func sendBounded(ctx context.Context, m *mailer, addresses []string) {
	p := pool.New(4, pool.WithQueueLimit(64))
	m.workers.TrySubmit(func() {
		for _, a := range addresses {
			p.Submit(ctx, func() { m.deliver(a) }) // ok: 64 wait at most
		}
	})
}

// Each is waited for before the next.
func (m *mailer) sendInTurn(ctx context.Context, addresses []string) {
	other := pool.New(1)
	m.workers.TrySubmit(func() {
		for _, a := range addresses {
			f := pool.Go(ctx, other, func(context.Context) (int, error) { return 0, m.deliver(a) }) // ok: one at a time
			f.Wait(ctx)
		}
	})
}

// A helper starts a goroutine for each, and waits for it.
func (m *mailer) deliverUntil(ctx context.Context, address string) error {
	done := make(chan error, 1)
	go func() { done <- m.deliver(address) }() // ok: one at a time
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (m *mailer) sendPatiently(ctx context.Context, addresses []string) {
	m.loop.NextTick(func() {
		for _, a := range addresses {
			m.deliverUntil(ctx, a)
		}
	})
}

// The input is refused when it is too long.
func (m *mailer) sendOrRefuse(ctx context.Context, addresses []string) error {
	if len(addresses) > 32 {
		return errors.New("too many addresses")
	}
	m.loop.NextTick(func() {
		for _, a := range addresses[:min(len(addresses), 32)] {
			go m.deliver(a) // ok: 32 at most
		}
	})
	return nil
}

// What a channel brings, without end.
func (m *mailer) relay(incoming <-chan string) {
	go func() {
		for address := range incoming {
			m.workers.TrySubmit(func() { m.deliver(address) }) // ok: one for each that comes, on a goroutine that serves
		}
	}()
}

// The fields of a header, in an after callback.
func (m *mailer) sendHeader(ctx context.Context, name string) {
	loop.QueueWork(ctx, m.loop, func(context.Context) (string, error) {
		text, err := os.ReadFile(name)
		return string(text), err
	}, func(to string, err error) {
		for _, a := range strings.Fields(to) {
			go m.deliver(a) // want `go starts a goroutine for each element of its input \(pool-fanout\)`
		}
	})
}

// A tree: each directory hands on its entries.
func (m *mailer) walk(dir string) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return
	}
	for _, e := range entries {
		m.workers.TrySubmit(func() { m.walk(dir + "/" + e.Name()) }) // want `\(\*pool.Pool\).TrySubmit submits a task for each element of its input \(pool-fanout\)`
	}
}

func (m *mailer) startWalk(dir string) {
	m.workers.TrySubmit(func() { m.walk(dir) })
}
