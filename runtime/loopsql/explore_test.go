package loopsql_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/loopvet/loopvet/runtime/loop"
	"github.com/loopvet/loopvet/runtime/loopsql"
	"github.com/loopvet/loopvet/runtime/pool"
)

// A drama has what was asked for and what was told. It counts its steps and does
// something at one of them.
type drama struct {
	*testing.T
	l      *loop.Loop
	s      *server
	db     *loopsql.DB
	rnd    *rand.Rand // chooses how long calls take, and whether they listen
	ctx    context.Context
	cancel context.CancelFunc
	what   string // the incident
	at     int    // its step
	victim int
	lone   bool // there is one connection
	steps  int
	calmed bool // no incident any more

	requests []*loopsql.Request
	rows     []*loopsql.Rows
	txs      []*loopsql.Tx
	asked    int
	untold   map[string]int
	closed   map[string]int
	must     []string // words that are written for sure
	may      []string // words that may be written
}

// incidents are what may happen at any moment.
var incidents = []string{
	"cancel request", "cancel all", "close transaction", "close database", "context", "close loop", "panic", "handled panic",
	"pause",
}

// step is called in each callback.
func (d *drama) step() {
	d.steps++
	if d.calmed || d.steps-1 != d.at {
		return
	}
	d.calmed = true
	switch d.what {
	case "cancel request":
		d.requests[d.victim%len(d.requests)].Cancel()
	case "cancel all":
		for _, r := range d.requests {
			r.Cancel()
		}
	case "close transaction":
		d.txs[d.victim%len(d.txs)].Close()
	case "close database":
		d.db.Close()
	case "context":
		d.cancel()
	case "close loop":
		d.l.Stop()
	case "panic", "handled panic":
		d.l.NextTick(func() { panic("an incident") }) // after the callback, which has its own work to do
	case "pause":
		r := d.rows[d.victim%len(d.rows)]
		r.Pause()
		d.l.SetTimeout(time.Minute, r.Resume)
	}
}

// gate lets time pass, and some calls do not listen to their contexts. In a bubble time
// stands still while a goroutine waits for a lock, and database/sql waits for that of the
// rows when their context ends, and for that of a connection while it is rolled back.
func (d *drama) gate(ctx context.Context, what string) error {
	if what == "rollback" {
		return nil
	}
	d.s.mu.Lock()
	wait, deaf := time.Duration(d.rnd.IntN(3))*time.Millisecond, d.rnd.IntN(3) == 0 && what != "row"
	d.s.mu.Unlock()
	if deaf {
		time.Sleep(wait)
		return nil
	}
	select {
	case <-time.After(wait):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// ask notes a question and returns its callback.
func (d *drama) ask(what string, then func(error)) func(error) {
	d.asked++
	what = fmt.Sprint(what, " ", d.asked)
	d.untold[what]++
	return func(err error) {
		if d.untold[what]--; d.untold[what] < 0 {
			d.Errorf("%s is told twice", what)
		}
		if d.closed["database"] > 0 && err != loop.ErrClosed {
			d.Errorf("%s is told after the database is closed", what)
		}
		then(err)
		d.step()
	}
}

func nothing(error) {}

// add asks for a word to be written. If told is not nil, it is called in place of what
// is true of a statement on its own.
func (d *drama) add(c func(string, ...any) loopsql.Command, word string, told func(error)) {
	if told == nil {
		told = func(err error) {
			if err == nil {
				d.must = append(d.must, word)
			} else if strings.Contains(err.Error(), "closed") {
				return // it was refused
			}
			d.may = append(d.may, word)
		}
	}
	done := d.ask("add "+word, told)
	d.requests = append(d.requests, loopsql.Exec(d.ctx, c("add", word), func(_ loopsql.Result, err error) { done(err) }))
}

// count asks for rows, in pieces and at once.
func (d *drama) count(c func(string, ...any) loopsql.Command, n int) {
	next, ended := 0, false
	end := d.ask("each", func(err error) {
		ended = true
		if err == nil && next != n {
			d.Errorf("%d of %d rows come in pieces", next, n)
		}
	})
	r := loopsql.Each(d.ctx, c("count", n), loopsql.Column[int], func(piece []int) {
		for _, v := range piece {
			if v != next || ended {
				d.Errorf("row %d comes, in place of %d, after the end: %v", v, next, ended)
			}
			next++
		}
		d.step()
	}, end)
	d.rows = append(d.rows, r)
	d.requests = append(d.requests, &r.Request)
	var all []int
	query := d.ask("query", func(err error) {
		if err == nil && len(all) != n || err != nil && all != nil {
			d.Errorf("%d of %d rows and %v", len(all), n, err)
		}
	})
	d.requests = append(d.requests, loopsql.Query(d.ctx, c("count", n), loopsql.Column[int], func(v []int, err error) {
		all = v
		query(err)
	}))
}

// transaction writes two words and ends.
func (d *drama) transaction(i int, commit bool) {
	begin := d.ask("begin", nothing)
	name := fmt.Sprint("transaction ", i)
	tx := d.db.Begin(d.ctx, nil, func(_ *loopsql.Tx, err error) { begin(err) })
	d.txs = append(d.txs, tx)
	tx.OnClose(func() {
		d.closed[name]++
		d.step()
	})
	a, b := fmt.Sprint("a", i), fmt.Sprint("b", i)
	written := 0
	count := func(err error) {
		if err == nil {
			written++
		}
	}
	d.add(tx.SQL, a, count)
	d.count(tx.SQL, 3)
	d.add(tx.SQL, b, func(err error) {
		count(err)
		// One behind the other, so that the end is asked for in a callback.
		if !commit {
			d.requests = append(d.requests, tx.Rollback(d.ctx, d.ask("rollback", nothing)))
			return
		}
		d.requests = append(d.requests, tx.Commit(d.ctx, d.ask("commit", func(err error) {
			if err == nil && written == 2 {
				d.must = append(d.must, a, b)
			}
			if err == nil {
				d.may = append(d.may, a, b)
			}
		})))
	})
}

// cast sets the scene.
func (d *drama) cast() {
	d.untold, d.closed = make(map[string]int), make(map[string]int)
	d.ctx, d.cancel = context.WithCancel(context.Background())
	d.db.OnClose(func() {
		d.closed["database"]++
		d.step()
	})
	ping := d.ask("ping", nothing)
	d.requests = append(d.requests, d.db.Ping(d.ctx, ping))
	d.add(d.db.SQL, "x", nil)
	d.count(d.db.SQL, 5)
	d.transaction(0, true)
	d.transaction(1, false)
	prepare := d.ask("prepare", nothing)
	d.requests = append(d.requests, d.db.Prepare(d.ctx, "add", func(st *loopsql.Stmt, err error) {
		if err == nil {
			if d.lone { // these wait for the locks of connections that others may have
				d.add(func(_ string, args ...any) loopsql.Command { return st.With(args[0]) }, "y", nil)
				d.requests = append(d.requests, st.Close(d.ctx, d.ask("close", nothing)))
			}
		}
		prepare(err)
	}))
	d.transaction(2, true)
	d.add(d.db.SQL, "z", nil)
}

// play runs the drama to its end.
func (d *drama) play() {
	defer d.cancel()
	for done := false; !done; {
		func() {
			defer func() {
				if v := recover(); v != nil && v != "an incident" {
					panic(v)
				}
			}()
			if err := d.l.Run(context.Background()); err != nil {
				d.Errorf("Run: %v", err)
			}
			done = true
		}()
	}
	d.calmed = true
	if d.what != "close loop" {
		d.db.Close()
		if err := d.l.Run(context.Background()); err != nil {
			d.Errorf("Run: %v", err)
		}
	}
	if err := d.l.Close(context.Background()); err != nil {
		d.Errorf("Close: %v", err)
	}
	for what, n := range d.untold {
		if n != 0 {
			d.Errorf("%s: %d answers are missing", what, n)
		}
	}
	for _, name := range []string{"database", "transaction 0", "transaction 1", "transaction 2"} {
		if d.closed[name] != 1 {
			d.Errorf("%s is closed %d times", name, d.closed[name])
		}
	}
	synctest.Wait()
	d.s.checkClosed()
	d.s.locked(func() {
		seen := make(map[string]int)
		for _, word := range d.s.words {
			if seen[word]++; seen[word] > 1 || !slices.Contains(d.may, word) {
				d.Errorf("%s is written %d times", word, seen[word])
			}
		}
		for _, word := range d.must {
			if seen[word] != 1 {
				d.Errorf("%s is written %d times, its writer was told that it is", word, seen[word])
			}
		}
	})
}

// perform plays one drama. It returns the number of its steps.
func perform(t *testing.T, what string, at int, seed uint64, strand bool) (steps int) {
	t.Helper()
	rnd := rand.New(rand.NewPCG(seed, 0))
	synctest.Test(t, func(t *testing.T) {
		workers := pool.New(1 + rnd.IntN(3))
		opts := []loop.Option{loop.WithPool(workers), loop.WithChoices(rnd.IntN)}
		if what == "handled panic" {
			opts = append(opts, loop.WithPanicHandler(func(*loop.PanicError) {}))
		}
		d := &drama{T: t, l: loop.New(opts...), what: what, at: at, victim: rnd.IntN(100), rnd: rand.New(rand.NewPCG(seed, 1))}
		d.s = &server{T: t, gate: d.gate}
		dbOpts := []loopsql.Option{loopsql.WithPiece(2)}
		if strand {
			dbOpts = append(dbOpts, loopsql.OnStrand())
		}
		limit := 1 + rnd.IntN(3)
		d.lone = limit == 1 || strand
		d.db = loopsql.New(d.l, d.s.open(limit), dbOpts...)
		d.cast()
		d.play()
		workers.Close(context.Background())
		steps = d.steps
		if t.Failed() {
			t.Errorf("%s at step %d of %d, seed %d, strand %v", what, at, steps, seed, strand)
		}
	})
	return steps
}

// At every step of a program, everything that may happen happens.
func TestCancelAndCloseAtEveryMomentLoseNothingAndDoubleNothing(t *testing.T) {
	for _, what := range incidents {
		for _, strand := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s/strand=%v", what, strand), func(t *testing.T) {
				moments := 1
				for at := 0; at < moments; at++ {
					moments = max(moments, min(perform(t, what, at, uint64(at), strand), at+20))
				}
				t.Logf("%d moments", moments)
			})
		}
	}
}

// Other times, limits and victims, and other moments.
func TestRandomIncidentsLoseNothingAndDoubleNothing(t *testing.T) {
	for seed := range uint64(400) {
		rnd := rand.New(rand.NewPCG(seed, 2))
		perform(t, incidents[rnd.IntN(len(incidents))], rnd.IntN(1<<rnd.IntN(7)), seed, rnd.IntN(2) == 0)
	}
}
