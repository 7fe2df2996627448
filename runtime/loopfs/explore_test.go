package loopfs_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"testing"
	"testing/synctest"

	"github.com/loopvet/loopvet/runtime/loop"
	"github.com/loopvet/loopvet/runtime/loopfs"
	"github.com/loopvet/loopvet/runtime/loopio"
	"github.com/loopvet/loopvet/runtime/looptest"
	"github.com/loopvet/loopvet/runtime/pool"
)

// A drama has what was asked for and what was told. It counts its steps and does
// something at one of them.
type drama struct {
	*testing.T
	l      *loop.Loop
	pool   *pool.Pool // nil for the loop's own
	dir    string
	at     int    // the step of the incident
	what   string // the incident
	moment int    // at, also when the incident is called off
	seed   uint64
	victim int // chooses a stream or a request
	steps  int
	ctx    context.Context
	cancel context.CancelFunc

	streams  []loop.Handle
	open     map[loop.Handle]string // not told to be closed yet
	requests []*loop.Request
	files    []*loopfs.File
	asked    int
	told     int
	untold   map[string]int // how many of each kind of request
}

// incidents are what may happen at any moment.
var incidents = []string{
	"cancel request", "cancel all", "close stream", "close all", "context", "close loop", "panic", "handled panic",
}

// step is called at the beginning of each callback.
func (d *drama) step() {
	d.steps++
	if d.steps-1 != d.at {
		return
	}
	switch d.what {
	case "cancel request":
		d.requests[d.victim%len(d.requests)].Cancel()
	case "cancel all":
		for _, r := range d.requests {
			r.Cancel()
		}
	case "close stream":
		d.streams[d.victim%len(d.streams)].Close()
	case "close all":
		for _, s := range d.streams {
			s.Close()
		}
	case "context":
		d.cancel()
	case "close loop":
		d.l.Stop()
	case "panic", "handled panic":
		// After the callback, which has its own work to do.
		d.l.NextTick(func() { panic("an incident") })
	}
}

// ask notes a request and returns its callback. owner is what may not be closed
// before it is told, or nil.
func (d *drama) ask(what string, owner loop.Handle, then func(error)) func(error) {
	d.asked++
	d.untold[what]++
	told := false
	return func(err error) {
		d.untold[what]--
		if told {
			d.Errorf("%s is told twice", what)
		}
		if owner != nil && d.open[owner] == "" {
			d.Errorf("%s is told after its stream is closed", what)
		}
		told = true
		d.told++
		d.step()
		then(err)
	}
}

// refused takes back what ask noted.
func (d *drama) refused(what string) {
	d.asked--
	d.untold[what]--
}

func (d *drama) note(r *loop.Request) { d.requests = append(d.requests, r) }

// follow has a stream's end counted.
func (d *drama) follow(s loop.Handle, name string) {
	d.streams = append(d.streams, s)
	d.open[s] = name
	s.OnClose(func() {
		if d.open[s] == "" {
			d.Errorf("%s is closed twice", name)
		}
		delete(d.open, s)
		d.step()
	})
}

// cast sets the scene: files that are written and read in chains, and copies made by
// streams.
func (d *drama) cast(copies, size int) {
	d.ctx, d.cancel = context.WithCancel(context.Background())
	d.open = make(map[loop.Handle]string)
	d.untold = make(map[string]int)
	data := pattern(size)
	for i := range copies {
		from, to := filepath.Join(d.dir, fmt.Sprint("from", i)), filepath.Join(d.dir, fmt.Sprint("to", i))
		if err := os.WriteFile(from, data, 0o600); err != nil {
			d.Fatal(err)
		}
		r := loopfs.OpenReadStream(d.ctx, d.l, from, loopfs.WithWaterMarks(0, size/3+1))
		w := loopfs.OpenWriteStream(d.ctx, d.l, to, os.O_WRONLY|os.O_CREATE, 0o600, loopfs.WithWaterMarks(size/8, size/4+1))
		d.follow(r, fmt.Sprint("reader ", i))
		d.follow(w, fmt.Sprint("writer ", i))
		ended := false
		loopio.Pipe(d.sink(w, fmt.Sprint("write of ", i)), r, func(n int64, err error) {
			d.step()
			if ended {
				d.Error("a pipe ends twice")
			}
			ended = true
			r.Close()
			if err != nil {
				w.Close()
				return
			}
			if n != int64(size) {
				d.Errorf("%d of %d bytes are copied", n, size)
			}
			what := fmt.Sprint("end of ", i)
			if w.End(d.ask(what, w, func(err error) {
				if copied, _ := os.ReadFile(to); err == nil && !bytes.Equal(copied, data) {
					d.Errorf("the copy has %d bytes, or other ones", len(copied))
				}
			})) != nil {
				d.refused(what) // it was closed meanwhile
			}
		})
		d.chain(filepath.Join(d.dir, fmt.Sprint("chain", i)), data)
	}
}

// A sink is a write stream whose writes are counted.
type sink struct {
	*loopfs.WriteStream
	d    *drama
	name string
}

func (d *drama) sink(w *loopfs.WriteStream, name string) sink { return sink{w, d, name} }

func (s sink) Write(p []byte, done func(error)) error {
	s.d.step() // in the reader's callback
	err := s.WriteStream.Write(p, s.d.ask(s.name, s.WriteStream, done))
	if err != nil {
		s.d.refused(s.name)
	}
	return err
}

// chain opens a file, writes it, reads it back side by side with a Stat, and closes
// it, whatever happens.
func (d *drama) chain(name string, data []byte) {
	d.asked++
	d.note(loopfs.Open(d.ctx, d.l, name, os.O_RDWR|os.O_CREATE, 0o600, func(f *loopfs.File, err error) {
		d.told++
		d.step()
		if err != nil {
			return
		}
		d.files = append(d.files, f)
		closed := func() {
			d.note(f.Close(context.Background(), d.ask("Close", nil, func(error) {})))
		}
		wrote := d.ask("Write", nil, func(err error) {
			if err != nil {
				closed()
				return
			}
			left := 2
			then := func(error) {
				if left--; left == 0 {
					closed()
				}
			}
			buf := make([]byte, len(data))
			read := d.ask("ReadAt", nil, then)
			d.note(f.ReadAt(d.ctx, buf, 0, func(n int, err error) {
				if err == nil && !bytes.Equal(buf, data) {
					d.Errorf("other bytes are read, %d of them", n)
				}
				read(err)
			}))
			stat := d.ask("Stat", nil, then)
			d.note(f.Stat(d.ctx, func(_ fs.FileInfo, err error) { stat(err) }))
		})
		d.note(f.Write(d.ctx, data, func(_ int, err error) { wrote(err) }))
	}))
}

// play runs the drama to its end and closes the loop.
func (d *drama) play() {
	defer d.cancel()
	d.moment = d.at
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
	if d.what != "close loop" || d.at >= d.steps {
		for _, name := range d.open {
			if !d.excused() {
				d.Errorf("%s is left open", name)
			}
		}
	}
	d.at = -1 // no incident while the loop closes
	if err := d.l.Close(context.Background()); err != nil {
		d.Errorf("Close: %v", err)
	}
	for _, name := range d.open {
		d.Errorf("%s was never told to be closed", name)
	}
	if d.asked != d.told {
		d.Errorf("%d requests and %d answers; untold are %v", d.asked, d.told, d.untold)
	}
	if d.pool != nil {
		d.pool.Close(context.Background())
	}
	synctest.Wait() // for what is closed by goroutines
	for _, f := range d.files {
		if !loopfs.Closed(f) {
			d.Error("a file is open")
		}
	}
}

// excused reports whether a stream may be left open: the reader of a pipe was closed
// and nobody ends the writer.
func (d *drama) excused() bool { return d.what == "close stream" && d.at < d.steps }

// descriptors returns how many descriptors are open in dir, 0 where the system does
// not tell.
func descriptors(t *testing.T, dir string) int {
	t.Helper()
	if runtime.GOOS != "linux" {
		return 0
	}
	list, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, entry := range list {
		if name, err := os.Readlink("/proc/self/fd/" + entry.Name()); err == nil && filepath.Dir(name) == dir {
			n++
		}
	}
	return n
}

// perform plays one drama.
func perform(t *testing.T, d *drama, copies, size int, opts ...loop.Option) {
	t.Helper()
	if d.what == "handled panic" {
		opts = append(opts, loop.WithPanicHandler(func(*loop.PanicError) {}))
	}
	synctest.Test(t, func(t *testing.T) {
		d.T, d.l = t, loop.New(opts...)
		d.cast(copies, size)
		d.play()
		if n := descriptors(t, d.dir); n != 0 {
			t.Errorf("%d descriptors are open", n)
		}
		if t.Failed() {
			t.Errorf("seed %d: %s at step %d of %d", d.seed, d.what, d.moment, d.steps)
		}
	})
}

// realDir returns a directory for a test, by the name that the system uses.
func realDir(t *testing.T) string {
	t.Helper()
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// At every step of a small program, everything that may happen happens.
func TestCloseAndCancelAtEveryMomentLoseNothingAndDoubleNothing(t *testing.T) {
	for _, what := range incidents {
		t.Run(what, func(t *testing.T) {
			moments := 1
			for at := 0; at < moments; at++ {
				d := &drama{dir: realDir(t), at: at, what: what, victim: at / 2}
				perform(t, d, 2, 20_000)
				moments = max(moments, min(d.steps, at+20))
			}
			t.Logf("%d moments", moments)
		})
	}
}

// With more workers, more files and other sizes a seed chooses among the moments.
func TestRandomIncidentsLoseNothingAndDoubleNothing(t *testing.T) {
	for seed := range uint64(150) {
		r := rand.New(rand.NewPCG(seed, 1))
		d := &drama{
			seed: seed, dir: realDir(t), at: r.IntN(1 << r.IntN(8)), what: incidents[r.IntN(len(incidents))], victim: r.IntN(100),
		}
		d.pool = pool.New(1 + r.IntN(6))
		perform(t, d, 1+r.IntN(4), 1+r.IntN(400_000), loop.WithPool(d.pool), loop.WithChoices(r.IntN))
	}
}

func TestAPipeCopiesWhileTheSlowerSideHoldsTheOtherUp(t *testing.T) {
	want := pattern(2_000_000)
	from, to := put(t, want), filepath.Join(t.TempDir(), "to")
	looptest.Run(t, func(t *testing.T, l *loop.Loop) {
		r := loopfs.OpenReadStream(t.Context(), l, from)
		w := loopfs.OpenWriteStream(t.Context(), l, to, os.O_WRONLY|os.O_CREATE, 0o600)
		most := 0
		watch := l.NewCheck(func() { most = max(most, w.Buffered()+loopfs.Reads(r)) })
		watch.Start()
		loopio.Pipe(w, r, func(n int64, err error) {
			if n != int64(len(want)) || err != nil {
				t.Errorf("%d bytes, %v", n, err)
			}
			w.End(func(error) { watch.Close() })
		})
		looptest.Idle(t, l)
		if got, err := os.ReadFile(to); !slices.Equal(got, want) || err != nil {
			t.Errorf("%d bytes are copied, %v", len(got), err)
		}
		if most > 4*64<<10 {
			t.Errorf("%d bytes wait at a time", most)
		}
		if err := loopio.Pipe(w, r, func(int64, error) { t.Error("told") }); err != loop.ErrClosed {
			t.Errorf("a pipe from a closed stream: %v, want %v", err, io.ErrClosedPipe)
		}
	})
}
