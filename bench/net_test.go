package main

import (
	"context"
	"errors"
	"io"
	"math"
	"net"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

func TestMain(m *testing.M) {
	if os.Getenv(serveVariable) != "" {
		main()
		return
	}
	os.Exit(m.Run())
}

// short is for tests, which measure nothing that counts.
const short = 20 * time.Millisecond

// TestEveryRowRunsOnWhatHasIt runs all rows for a moment. Node and libuv take
// part where they are installed.
func TestEveryRowRunsOnWhatHasIt(t *testing.T) {
	rows := slices.Clone(netRows)
	lines := 0
	for i := range rows {
		rows[i].conns = min(rows[i].conns, manyConns)
		lines += len(rows[i].figures)
	}
	var out strings.Builder
	if err := compareNet(t.Context(), &out, rows, netOptions{rounds: 1, d: short}); err != nil {
		t.Fatal(err)
	}
	table := strings.Split(strings.TrimSpace(out.String()), "\n")
	if len(table) != 2+lines {
		t.Fatalf("%d lines, want %d and the head:\n%s", len(table), lines, &out)
	}
	names := cells(table[0])
	for _, line := range table[2:] {
		row := cells(line)
		for i, name := range names[1:] {
			cell, _, _ := strings.Cut(row[i+1], " ")
			if cell == "" && !has(name, row[0]) || cell == "NaN" && runtime.GOOS != "linux" {
				continue
			}
			if v, err := strconv.ParseFloat(cell, 64); err != nil || !(v > 0) {
				t.Errorf("%s: %s: %q", row[0], name, row[i+1])
			}
		}
	}
}

// cells returns what is between the bars of a line of a table.
func cells(line string) []string {
	all := strings.Split(strings.Trim(line, "|"), "|")
	for i := range all {
		all[i] = strings.TrimSpace(all[i])
	}
	return all
}

// has reports whether a contestant must have a figure.
func has(name, figure string) bool {
	row, _, _ := strings.Cut(figure, ",")
	switch name {
	case "gnet":
		return strings.HasPrefix(row, "echo") || strings.HasPrefix(row, "quiet")
	case "libuv":
		return row != "TLS echo" && row != "HTTP hello" && row != "post at once"
	case "ours, epoll":
		return row != "HTTP hello"
	case "Node", "plain net":
		return !strings.HasPrefix(row, "post")
	}
	return true
}

func TestAWrongEchoIsAnError(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	go func() {
		c, err := ln.Accept()
		if err != nil {
			return
		}
		defer c.Close()
		p := make([]byte, 64)
		for {
			if _, err := io.ReadFull(c, p); err != nil {
				return
			}
			c.Write(p)
			p[63]++
			c.Write(p)
		}
	}()
	c, err := dial(ln.Addr().String(), netRow{speaks: "echo", size: 64}, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer c.reset()
	if err := c.exchange(); err != nil {
		t.Fatal(err)
	}
	if err := c.exchange(); err != errEcho {
		t.Errorf("the second exchange: %v", err)
	}
}

func TestAServerThatFailsIsAnError(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	s := &session{row: netRow{speaks: "echo"}, dir: t.TempDir()}
	nobody := contestant{"nobody", []string{self}, []string{serveVariable + "=nobody"}}
	_, err = s.measure(t.Context(), nobody)
	if exit := (*exec.ExitError)(nil); !errors.As(err, &exit) {
		t.Errorf("measure returned %v", err)
	}
}

func TestAnInterruptLeavesNoFilesAndNoServer(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("TMPDIR", dir)
	ctx, cancel := context.WithCancel(t.Context())
	var server *exec.Cmd
	interrupted := netRow{name: "interrupted", speaks: "echo", conns: 1, size: 64, measure: func(s *session) ([]float64, error) {
		server = s.cmd
		cancel()
		_, err := s.line() // until the server ends
		return nil, err
	}}
	err := compareNet(ctx, io.Discard, []netRow{interrupted}, netOptions{rounds: 1, d: short})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("compareNet returned %v", err)
	}
	if server == nil || server.ProcessState == nil {
		t.Error("the server has not ended")
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("left: %v, %v", left, err)
	}
}

func TestARowOfTooManyConnectionsIsLeftOut(t *testing.T) {
	limit := openFiles()
	if limit > math.MaxInt {
		t.Skip("any number of files may be open")
	}
	row := netRow{name: "too many", conns: int(limit), measure: func(*session) ([]float64, error) {
		return nil, errors.New("it was measured")
	}}
	var out strings.Builder
	if err := compareNet(t.Context(), &out, []netRow{row}, netOptions{rounds: 1, d: short}); err != nil {
		t.Error(err)
	}
	if strings.Contains(out.String(), row.name) {
		t.Errorf("the table has it:\n%s", &out)
	}
}
