package main

import (
	"bytes"
	"cmp"
	"context"
	_ "embed"
	"flag"
	"fmt"
	"io"
	"log"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"text/tabwriter"
	"time"

	"github.com/alitto/pond/v2"
	"github.com/dop251/goja_nodejs/eventloop"
	"github.com/loopvet/loopvet/runtime/pool"
	"github.com/panjf2000/ants/v2"
)

//go:embed peers/uv.c
var uvSource []byte

//go:embed peers/node.js
var nodeSource []byte

// A column measures rows: it returns the time of one operation, 0 if it cannot.
type column struct {
	name    string
	measure func(r row) time.Duration
}

func main() {
	log.SetFlags(0)
	if name := os.Getenv(serveVariable); name != "" && len(os.Args) == 3 {
		if err := serve(name, os.Args[1], os.Args[2]); err != nil {
			log.Fatal(err)
		}
		return
	}
	only := flag.String("run", "", "only rows whose name contains `text`")
	rounds := flag.Int("rounds", 5, "rounds, of which the best counts")
	pairs := flag.Int("watchdog", 0, "measure what the watchdog costs, in this `number` of pairs of runs, and nothing else")
	network := flag.Bool("net", false, "compare servers, and nothing else")
	each := flag.Duration("for", 2*time.Second, "how long each measurement of -net takes")
	flag.Parse()
	if *pairs > 0 {
		if err := compareWatchdog(os.Stdout, *pairs); err != nil {
			log.Fatal(err)
		}
		return
	}
	if *network {
		ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
		err := compareNet(ctx, os.Stdout, netRows, netOptions{*only, *rounds, *each})
		stop()
		if err != nil {
			log.Fatal(err)
		}
		return
	}

	dir, err := os.MkdirTemp("", "bench")
	if err != nil {
		log.Fatal(err)
	}
	err = compare(os.Stdout, dir, *only, *rounds)
	os.RemoveAll(dir)
	if err != nil {
		log.Fatal(err)
	}
}

// compare prints the table. It puts the peers' programs into dir.
func compare(w io.Writer, dir, only string, rounds int) error {
	columns := []column{
		{"bare", func(r row) time.Duration { return ours(r, nil) }},
		{"watchdog", func(r row) time.Duration { return ours(r, watchdogOnly()) }},
		{"all on", func(r row) time.Duration { return ours(r, everything(), pool.WithTimes()) }},
		{"libuv", libuv(dir)},
		{"node", node(dir)},
		{"goja_nodejs", func(r row) time.Duration {
			if r.goja == nil {
				return 0
			}
			l := eventloop.NewEventLoop()
			return timed(func() { r.goja(l, r.n) })
		}},
		{"ants", func(r row) time.Duration {
			if r.ants == nil {
				return 0
			}
			p, err := ants.NewPool(4)
			if err != nil {
				log.Fatal(err)
			}
			defer p.Release()
			return timed(func() { r.ants(p, r.n) })
		}},
		{"pond", func(r row) time.Duration {
			if r.pond == nil {
				return 0
			}
			p := pond.NewPool(4)
			defer p.StopAndWait()
			return timed(func() { r.pond(p, r.n) })
		}},
	}

	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprint(table, "ns per operation\t")
	for _, c := range columns {
		fmt.Fprintf(table, "%s\t", c.name)
	}
	fmt.Fprintln(table)
	for _, r := range rows {
		if !strings.Contains(r.name, only) {
			continue
		}
		best := make([]time.Duration, len(columns))
		for range rounds {
			for i, c := range columns {
				if d := c.measure(r); d > 0 && (best[i] == 0 || d < best[i]) {
					best[i] = d
				}
			}
		}
		fmt.Fprintf(table, "%s\t", r.name)
		for i, d := range best {
			switch {
			case d == 0:
				fmt.Fprint(table, "\t")
			case i == 0:
				fmt.Fprintf(table, "%.1f\t", perOp(d, r.n))
			default:
				fmt.Fprintf(table, "%.1f (%.2fx)\t", perOp(d, r.n), float64(d)/float64(best[0]))
			}
		}
		fmt.Fprintln(table)
	}
	return table.Flush()
}

func perOp(d time.Duration, n int) float64 { return float64(d) / float64(n) }

// timed returns how long fn takes, from a clean heap.
func timed(fn func()) time.Duration {
	runtime.GC()
	untimed = 0
	start := time.Now()
	fn()
	return time.Since(start) - untimed
}

// libuv builds uv.c in dir and returns what runs its rows. Without a compiler or
// the headers it measures nothing.
func libuv(dir string) func(row) time.Duration {
	bin, src := filepath.Join(dir, "uv"), filepath.Join(dir, "uv.c")
	if err := os.WriteFile(src, uvSource, 0o644); err != nil {
		log.Fatal(err)
	}
	cc := cmp.Or(os.Getenv("CC"), "cc")
	if out, err := exec.Command(cc, "-O2", "-o", bin, src, "-luv", "-lpthread").CombinedOutput(); err != nil {
		log.Printf("no libuv column: %v\n%s", err, out)
		return func(row) time.Duration { return 0 }
	}
	return func(r row) time.Duration { return peer(r, bin, r.name) }
}

// node returns what runs the rows of node.js.
func node(dir string) func(row) time.Duration {
	script := filepath.Join(dir, "node.js")
	if err := os.WriteFile(script, nodeSource, 0o644); err != nil {
		log.Fatal(err)
	}
	bin, err := exec.LookPath("node")
	if err != nil {
		log.Printf("no node column: %v", err)
		return func(row) time.Duration { return 0 }
	}
	return func(r row) time.Duration { return peer(r, bin, "--expose-gc", script, r.name) }
}

// peer runs a peer's program for one row and scales its line to the row's n.
func peer(r row, bin string, args ...string) time.Duration {
	out, err := exec.Command(bin, args...).Output()
	if err != nil {
		log.Fatalf("%s: %v", bin, err)
	}
	for line := range bytes.Lines(out) {
		name, value, _ := strings.Cut(strings.TrimSpace(string(line)), " ")
		if name != r.name {
			continue
		}
		ns, err := strconv.ParseFloat(value, 64)
		if err != nil {
			log.Fatalf("%s: %v", bin, err)
		}
		return time.Duration(ns * float64(r.n))
	}
	return 0
}
