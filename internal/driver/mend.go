package driver

import (
	"context"
	"fmt"
	"io"
	"path/filepath"

	"github.com/loopvet/loopvet/internal/format"
	"github.com/loopvet/loopvet/internal/patch"
)

// maxRounds bounds how often -fix analyses again. Each round makes the fixes
// that those of the round before were in the way of: several in one callback
// are made one after the other.
const maxRounds = 20

// mend applies the fixes of a result until there are none, prints what is left,
// and returns the exit code. What the fixes of a round break is put back.
func (r *run) mend(ctx context.Context, stdout io.Writer, res *result) int {
	fixes, changed := 0, map[string]bool{}
	for range maxRounds {
		set := fixSet(r.output(res))
		files, err := set.Files(nil)
		if err == nil {
			err = write(files)
		}
		if err != nil {
			return r.failed(err)
		}
		if len(files) == 0 {
			break
		}
		next := &run{config: r.config, stderr: r.stderr, start: r.start, now: r.now, collector: newCollector()}
		after, ok := next.result(ctx)
		if !ok {
			return exitFailed
		}
		if len(after.Problems) > len(res.Problems) {
			problem := after.Problems[0]
			problem.File = relative(r.dir, problem.File)
			fmt.Fprintf(r.stderr, "loopvet: internal error: a fix leaves code that does not compile, and was undone: %v\n", problem)
			if err := restore(files); err != nil {
				return r.failed(err)
			}
			break
		}
		for _, f := range files {
			changed[f.Name] = true
		}
		fixes += set.Fixes()
		r, res = next, after
	}
	text := ""
	if fixes > 0 {
		text = " in " + count(len(changed), "file")
	}
	fix := "fixes"
	if fixes == 1 {
		fix = "fix"
	}
	fmt.Fprintf(r.stderr, "loopvet: applied %d %s%s\n", fixes, fix, text)
	return r.print(stdout, res)
}

func write(files []patch.File) error {
	for i, f := range files {
		if err := f.Write(); err != nil {
			if rerr := restore(files[:i]); rerr != nil {
				return fmt.Errorf("%v; %v", err, rerr)
			}
			return err
		}
	}
	return nil
}

func restore(files []patch.File) error {
	for _, f := range files {
		f.New = f.Old
		if err := f.Write(); err != nil {
			return err
		}
	}
	return nil
}

// printDiff prints what the first round of mend would change.
func (r *run) printDiff(stdout io.Writer, out *format.Output) error {
	set := fixSet(out)
	files, err := set.Files(nil)
	if err != nil {
		return err
	}
	for _, f := range files {
		if _, err := stdout.Write(f.Diff(filepath.ToSlash(relative(r.dir, f.Name)))); err != nil {
			return err
		}
	}
	fmt.Fprintf(r.stderr, "loopvet: %s, %d with a fix here\n", count(len(out.Findings), "finding"), set.Fixes())
	return nil
}

// fixSet returns the fixes of the findings, without those that overlap others.
func fixSet(out *format.Output) *patch.Set {
	set := new(patch.Set)
	for i := range out.Findings {
		set.Add(out.Edits(&out.Findings[i]))
	}
	return set
}
