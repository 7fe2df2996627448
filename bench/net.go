package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"os"
	"slices"
	"strings"
	"time"
)

// A netRow is something to measure on servers, each of which is a process of its
// own. The load client is this process.
type netRow struct {
	name    string
	speaks  string   // what the server has to speak: echo, tls or http
	conns   int      // how many connections there are
	size    int      // bytes of a message
	figures []string // what measure returns, each with its unit
	measure func(s *session) ([]float64, error)
}

var netRows = []netRow{
	echoRow("echo, 1 connection", "echo", 1, 64),
	echoRow("echo, 50 connections", "echo", 50, 64),
	echoRow("echo, 500 connections", "echo", 500, 64),
	echoRow("echo, 10,000 connections", "echo", 10_000, 64),
	echoRow("echo of 16 KiB, 50 connections", "echo", 50, 16<<10),
	echoRow("TLS echo, 50 connections", "tls", 50, 64),
	echoRow("HTTP hello, 50 connections", "http", 50, 0),
	quietRow("quiet connection, alone", 1, alone),
	quietRow("quiet connection, one worker computes", 1, besideWork(1)),
	quietRow("quiet connection, pool saturated", 1, besideWork(2*poolSize)),
	quietRow("quiet connection, another floods", 2, besideFlood, "flood, MB/s"),
	askRow("post and wait, 0 sockets", 0, "post", 1, 50_000),
	askRow("post and wait, 1 socket", 1, "post", 1, 50_000),
	askRow("post and wait, 1,000 sockets", 1000, "post", 1, 50_000),
	askRow("post at once, 0 sockets", 0, "burst", 1, 500_000),
	askRow("post at once, 1 socket", 1, "burst", 1, 500_000),
	askRow("post at once, 1,000 sockets", 1000, "burst", 1, 500_000),
	askRow("stat, 1 in flight", 0, "stat", 1, 20_000),
	askRow("stat, 64 in flight", 0, "stat", 64, 50_000),
	askRow("read an open file, 1 in flight", 0, "read", 1, 20_000),
	askRow("read an open file, 64 in flight", 0, "read", 64, 50_000),
	askRow("read a file by name, 1 in flight", 0, "readfile", 1, 10_000),
	askRow("read a file by name, 64 in flight", 0, "readfile", 64, 20_000),
}

const (
	idleShare = 5    // one connection of so many is active
	settled   = 50   // connections after which a server has what it needs once
	manyConns = 500  // from here on the memory of each can be told from noise
	fileSize  = 1024 // bytes of the file that is read
)

// echoRow is a row of round trips on one of five connections, while the others
// are idle.
func echoRow(name, speaks string, conns, size int) netRow {
	figures := []string{"round trips/s", "p50, us", "p99, us"}
	if conns >= manyConns {
		figures = append(figures, "bytes per idle connection")
	}
	return netRow{name, speaks, conns, size, figures, exchanges}
}

func exchanges(s *session) ([]float64, error) {
	var perConn []float64
	if s.row.conns < manyConns {
		if err := s.connect(s.row.conns); err != nil {
			return nil, err
		}
	} else {
		each, err := s.idleConnection()
		if err != nil {
			return nil, err
		}
		perConn = []float64{each}
	}
	var active []*client
	for i := 0; i < len(s.clients); i += idleShare {
		active = append(active, s.clients[i])
	}
	took, elapsed, err := s.drive(active, 0)
	if err != nil {
		return nil, err
	}
	rate := float64(len(took)) / elapsed.Seconds()
	return append([]float64{rate, micros(took, 0.50), micros(took, 0.99)}, perConn...), nil
}

// idleConnection makes all connections and returns how much of the server's
// memory each takes that has echoed something and waits. The first ones are not
// counted: what is there once for all is there then.
func (s *session) idleConnection() (bytes float64, err error) {
	if err := s.connect(settled); err != nil {
		return 0, err
	}
	before, err := s.memory()
	if err != nil {
		return 0, err
	}
	if err := s.connect(s.row.conns); err != nil {
		return 0, err
	}
	after, err := s.memory()
	return (after - before) / float64(s.row.conns-settled), err
}

// quietRow is a row of round trips on the first connection, one each millisecond.
func quietRow(name string, conns int, measure func(*session) ([]float64, error), more ...string) netRow {
	figures := append([]string{"p50, us", "p99, us"}, more...)
	return netRow{name, "echo", conns, 64, figures, func(s *session) ([]float64, error) {
		if err := s.connect(conns); err != nil {
			return nil, err
		}
		return measure(s)
	}}
}

func alone(s *session) ([]float64, error) {
	took, _, err := s.drive(s.clients[:1], time.Millisecond)
	return []float64{micros(took, 0.50), micros(took, 0.99)}, err
}

// besideWork has the server's pool compute meanwhile, with so many tasks that are
// queued or run.
func besideWork(tasks int) func(*session) ([]float64, error) {
	return func(s *session) ([]float64, error) {
		if _, err := s.ask("busy", 0, tasks); err != nil {
			return nil, err
		}
		return alone(s)
	}
}

// besideFlood has the server echo meanwhile whatever a second connection can send.
func besideFlood(s *session) ([]float64, error) {
	end := s.clients[1].flood()
	figures, err := alone(s)
	rate, floodErr := end()
	return append(figures, rate/1e6), errors.Join(err, floodErr)
}

// askRow is a row of what the server does by itself, while it has idle
// connections: rate operations for each second that a row is to take.
func askRow(name string, conns int, command string, inFlight, rate int) netRow {
	return netRow{name, "echo", conns, 64, []string{"us"}, func(s *session) ([]float64, error) {
		if err := s.connect(conns); err != nil {
			return nil, err
		}
		n := max(inFlight, int(float64(rate)*s.d.Seconds()))
		ns, err := s.ask(command, n, inFlight)
		return []float64{ns / 1e3}, err
	}}
}

// micros returns a quantile of sorted durations, in microseconds.
func micros(sorted []time.Duration, quantile float64) float64 {
	if len(sorted) == 0 {
		return 0
	}
	return float64(sorted[int(quantile*float64(len(sorted)-1))]) / 1e3
}

// netOptions are the flags of compareNet.
type netOptions struct {
	only   string        // rows whose name has it in it
	rounds int           // of which the median counts
	d      time.Duration // how long one measurement takes
}

// compareNet prints, as a table in Markdown, how servers compare: in each round
// each of them has its turn, and the median round counts, for each figure by
// itself. When ctx ends, so do the servers, and it returns an error.
func compareNet(ctx context.Context, w io.Writer, rows []netRow, o netOptions) error {
	dir, err := os.MkdirTemp("", "bench")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	cfg, err := prepare(dir)
	if err != nil {
		return err
	}
	peers, err := contestants(ctx, dir)
	if err != nil {
		return err
	}
	fmt.Fprint(w, "| |")
	for _, c := range peers {
		fmt.Fprintf(w, " %s |", c.name)
	}
	fmt.Fprintln(w, "\n|"+strings.Repeat("---|", 1+len(peers)))
	for _, r := range rows {
		if !strings.Contains(r.name, o.only) {
			continue
		}
		if limit := openFiles(); uint64(r.conns)+100 > limit {
			log.Printf("%s: left out, only %d files may be open", r.name, limit)
			continue
		}
		results := make([][][]float64, len(peers))
		for range o.rounds {
			for i, c := range peers {
				s := &session{row: r, d: o.d, dir: dir, tls: cfg}
				figures, err := s.measure(ctx, c)
				if err != nil {
					return fmt.Errorf("%s: %s: %w", r.name, c.name, err)
				}
				if figures != nil {
					results[i] = append(results[i], figures)
				}
			}
		}
		printFigures(w, r, results)
	}
	return nil
}

// printFigures prints a line of the table for each figure of a row. The results
// are by contestant, ours first, and round; they are as many times ours.
func printFigures(w io.Writer, r netRow, results [][][]float64) {
	for f, figure := range r.figures {
		fmt.Fprintf(w, "| %s: %s |", r.name, figure)
		var ours float64
		for i, rounds := range results {
			if len(rounds) == 0 {
				fmt.Fprint(w, " |")
				continue
			}
			v := median(rounds, f)
			if i == 0 {
				ours = v
				fmt.Fprintf(w, " %s |", number(v))
			} else {
				fmt.Fprintf(w, " %s (%sx) |", number(v), number(v/ours))
			}
		}
		fmt.Fprintln(w)
	}
}

// median returns the median of one figure over the rounds.
func median(rounds [][]float64, figure int) float64 {
	var all []float64
	for _, r := range rounds {
		all = append(all, r[figure])
	}
	slices.Sort(all)
	return (all[(len(all)-1)/2] + all[len(all)/2]) / 2
}

// number formats v with two digits at least, if it is not next to nothing.
func number(v float64) string {
	switch {
	case v >= 100:
		return fmt.Sprintf("%.0f", v)
	case v >= 10:
		return fmt.Sprintf("%.1f", v)
	case v >= 0.1:
		return fmt.Sprintf("%.2f", v)
	default:
		return fmt.Sprintf("%.4f", v)
	}
}
