package driver

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/loopvet/loopvet/internal/format"
	"github.com/loopvet/loopvet/internal/lsp"
	"github.com/loopvet/loopvet/internal/report"
)

// serveEditor runs the language server until its client is gone, and returns the
// exit code.
func serveEditor(ctx context.Context, c *config, in io.Reader, out, stderr io.Writer) int {
	if f, ok := in.(io.Writer); ok && isTerminal(f) {
		fmt.Fprintln(stderr, "loopvet: lsp waits for an editor on standard input: see docs/editors.md")
	}
	e := &editor{config: c, stderr: stderr}
	return lsp.Serve(ctx, lsp.Config{
		Version: moduleVersion(),
		Check: func(flags []string) error {
			_, err := e.parse(flags)
			return err
		},
		Root:    func(file string) string { return above(filepath.Dir(file), "go.mod") },
		Foreign: e.foreign,
		Analyse: e.analyse,
		Errors:  stderr,
	}, in, nopCloser{out})
}

// nopCloser leaves the closing of standard output to the end of the process.
type nopCloser struct{ io.Writer }

func (nopCloser) Close() error { return nil }

// An editor analyses modules for a client of the language server.
type editor struct {
	*config
	stderr io.Writer
	caches struct {
		once sync.Once
		dirs []string // where the go command keeps what nobody edits
	}
}

// parse returns the configuration of a run with the flags of the command and
// those of a client's settings.
func (e *editor) parse(flags []string) (*config, error) {
	c, err := parseFlags(slices.Concat(e.given, flags, []string{cmdLSP}, e.patterns))
	if err != nil {
		text, _, _ := strings.Cut(err.Error(), "; loopvet -h")
		return nil, fmt.Errorf("%s", text)
	}
	c.command = ""
	return c, nil
}

// foreign reports whether a directory is one of the go command's own: in the
// module cache or in GOROOT.
func (e *editor) foreign(ctx context.Context, dir string) bool {
	e.caches.once.Do(func() {
		out, err := command(ctx, "", nil, "env", "GOMODCACHE", "GOROOT").Output()
		if err != nil {
			return // the analysis will say what is wrong
		}
		for line := range strings.Lines(string(out)) {
			if name := strings.TrimSpace(line); name != "" {
				if real, err := filepath.EvalSymlinks(name); err == nil {
					name = real
				}
				e.caches.dirs = append(e.caches.dirs, name)
			}
		}
	})
	return slices.ContainsFunc(e.caches.dirs, func(cache string) bool {
		rel, err := filepath.Rel(cache, dir)
		return err == nil && filepath.IsLocal(rel)
	})
}

// analyse runs the analysis as the command does in that directory. It returns when
// nothing of it goes on any more.
func (e *editor) analyse(ctx context.Context, dir string, flags []string, say func(string)) (*lsp.Report, error) {
	c, err := e.parse(flags)
	if err != nil {
		return nil, err
	}
	c.dir = dir
	r := &run{
		config: c, stderr: e.stderr, start: time.Now(), now: time.Now(),
		progress:  &progress{tell: say},
		collector: newCollector(),
	}
	// The process stays: what this takes is given back.
	defer func() {
		if !r.collector.off {
			debug.SetGCPercent(100)
		}
		debug.FreeOSMemory()
	}()
	res, err := r.analyse(ctx)
	r.work.Wait()
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	if err != nil {
		return &lsp.Report{Output: r.failure(err), Summary: "not analysed"}, nil
	}
	out := r.output(res)
	return &lsp.Report{
		Output: out,
		Why: func(f *report.Finding) string {
			var b bytes.Buffer
			r.explainFinding(&b, f)
			return b.String()
		},
		Summary: count(len(out.Findings), "finding") + ", " + r.summary(res, len(out.Suppressed)),
	}, nil
}

// failure returns what is to be said of a run without a result: an error has a
// line for each thing that is wrong, and some begin with a place.
func (r *run) failure(err error) *format.Output {
	out := &format.Output{Dir: r.dir}
	for line := range strings.Lines(err.Error()) {
		line = strings.TrimSpace(line)
		e := format.Error{Text: line}
		if file, n, col, text, ok := parsePosition(line, r.dir); ok && text != "" {
			if _, err := os.Stat(file); err == nil {
				e = format.Error{File: file, Line: n, Column: col, Text: text}
			}
		}
		out.Errors = append(out.Errors, e)
	}
	return out
}
