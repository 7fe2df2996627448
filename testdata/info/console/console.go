// Package console writes to the console, told on request. // want package:"effects"
package console

import (
	"bufio"
	"bytes"
	"context"
	"flag"
	"fmt"
	"io"
	"log"
	"log/slog"
	"os"
	"runtime/debug"

	"github.com/loopvet/loopvet/runtime/loop"
)

func standard(ctx context.Context, l *loop.Loop, logger *log.Logger, flags *flag.FlagSet) {
	l.NextTick(func() {
		fmt.Print("x")      // want `fmt.Print blocks the event loop \(console\)`
		_ = fmt.Sprint("x") // ok: in memory
	})
	l.NextTick(func() {
		fmt.Printf("x")       // want `fmt.Printf blocks the event loop \(console\)`
		_ = fmt.Errorf("x")   // ok: in memory
		_ = fmt.Sprintf("%v") // ok: in memory
	})
	l.NextTick(func() {
		logger.Println("x")   // want `\(\*log.Logger\).Println blocks the event loop \(console\)`
		logger.SetPrefix("x") // ok: a setting
	})
	l.NextTick(func() {
		slog.WarnContext(ctx, "x") // want `slog.WarnContext blocks the event loop \(console\)`
		slog.Group("x")            // ok: a value
	})
	l.NextTick(func() {
		debug.PrintStack() // want `debug.PrintStack blocks the event loop \(console\)`
	})
	l.NextTick(func() {
		flags.PrintDefaults() // want `\(\*flag.FlagSet\).PrintDefaults blocks the event loop \(console\)`
		flags.NArg()          // ok: in memory
	})
	l.NextTick(func() {
		go fmt.Print("x") // ok: on a goroutine
	})
}

// What is written through ends at a standard stream.
func through(l *loop.Loop) {
	l.NextTick(func() {
		os.Stdout.WriteString("x") // want `\(\*os.File\).WriteString blocks the event loop \(console\)`
		_ = os.Stdout.Name()       // ok: in memory
	})
	l.NextTick(func() {
		out := bufio.NewWriter(os.Stdout)
		out.Flush() // want `\(\*os.File\).Write (blocks|may block) the event loop \(console\): .* -> \(\*bufio.Writer\).Flush -> `
	})
	l.NextTick(func() {
		out := bufio.NewWriter(new(bytes.Buffer))
		out.Flush() // ok: in memory
	})
	l.NextTick(func() {
		io.WriteString(os.Stderr, "x")  // want `Write(String)? (blocks|may block) the event loop \(console\): .* -> io.WriteString -> `
		io.WriteString(io.Discard, "x") // ok: nowhere
	})
}

// Functions that are named like a logger's: what is behind them is not asked.

type auditor struct{ file *os.File }

func (a *auditor) Errorf(format string, args ...any) {
	fmt.Fprintf(a.file, format, args...) // ok: a logger's own business
}

func (a *auditor) Login(name string) {
	fmt.Fprintln(a.file, name) // want `\(\*os.File\).Write blocks the event loop \(file\): .* -> \(\*auditor\).Login -> fmt.Fprintln -> `
}

type printer interface {
	Infow(msg string, args ...any)
	Perform(msg string)
}

func named(l *loop.Loop, a *auditor, p printer) {
	l.NextTick(func() {
		a.Errorf("x") // want `\(\*auditor\).Errorf may block the event loop \(console\)`
		a.Login("x")  // ok: the finding stands in Login
	})
	l.NextTick(func() {
		p.Infow("x")   // want `Infow may block the event loop \(console\)`
		p.Perform("x") // ok: not named like a logger's
	})
}
