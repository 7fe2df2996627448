package driver

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/loopvet/loopvet/internal/effect"
	"github.com/loopvet/loopvet/internal/report"
)

// A revision is the value of -changed, which may be left out: the flag package
// asks boolean flags only for that.
type revision struct {
	given bool
	name  string // empty: the index in a hook, HEAD elsewhere
}

func (v *revision) IsBoolFlag() bool { return true }

func (v *revision) String() string { return v.name }

func (v *revision) Set(s string) error {
	switch {
	case s == "false":
		*v = revision{}
		return nil
	case s == "true":
		s = ""
	case s == "", s[0] == '-':
		return errors.New("want a revision, such as origin/main")
	}
	*v = revision{true, s}
	return nil
}

// A change is what differs from a revision, as a graph sees it.
type change struct {
	affected []bool // by index: packages that changed, and all that import one
	reach    []bool // and all that these import: what may meet one of them
}

// changedFiles asks git which files differ from a revision, those it does not
// know yet included. Git tells hooks by GIT_INDEX_FILE which index they are
// about: without a revision, that is what is about to be committed.
func changedFiles(ctx context.Context, dir, rev string) ([]string, error) {
	// Git names these relative to where it was called, which is not where it is
	// called next.
	env := os.Environ()
	for _, name := range []string{"GIT_DIR", "GIT_INDEX_FILE", "GIT_WORK_TREE"} {
		if v := os.Getenv(name); v != "" && !filepath.IsAbs(v) {
			abs, err := filepath.Abs(v)
			if err != nil {
				return nil, err
			}
			env = append(env, name+"="+abs)
		}
	}
	git := func(dir string, args ...string) ([]string, error) {
		cmd := exec.CommandContext(ctx, "git", args...)
		cmd.Dir, cmd.Env = dir, env
		var stderr bytes.Buffer
		cmd.Stderr = &stderr
		out, err := cmd.Output()
		switch {
		case ctx.Err() != nil:
			return nil, context.Cause(ctx)
		case errors.Is(err, exec.ErrNotFound):
			return nil, errors.New("-changed needs git, which is not in PATH")
		case err != nil:
			text, _, _ := strings.Cut(strings.TrimSpace(stderr.String()), "\n")
			return nil, fmt.Errorf("-changed: git %s: %s", args[0], strings.TrimPrefix(text, "fatal: "))
		}
		return strings.FieldsFunc(string(out), func(r rune) bool { return r == 0 || r == '\n' && args[0] == "rev-parse" }), nil
	}
	from := dir
	if os.Getenv("GIT_DIR") != "" && os.Getenv("GIT_WORK_TREE") == "" {
		from = "" // the work tree is where the hook was called
	}
	top, err := git(from, "rev-parse", "--show-toplevel")
	if err != nil {
		return nil, err
	}
	if len(top) != 1 {
		return nil, fmt.Errorf("-changed: git knows of no work tree of %s", dir)
	}
	root := filepath.FromSlash(top[0])
	var names []string
	switch {
	case rev == "" && os.Getenv("GIT_INDEX_FILE") != "":
		names, err = git(root, "diff", "--cached", "--name-only", "--no-renames", "-z")
	case rev == "" && !hasHead(ctx, root, env):
		names, err = git(root, "ls-files", "--cached", "--others", "--exclude-standard", "-z")
	default:
		if rev == "" {
			rev = "HEAD"
		}
		if names, err = git(root, "diff", "--name-only", "--no-renames", "-z", rev, "--"); err == nil {
			var others []string
			others, err = git(root, "ls-files", "--others", "--exclude-standard", "-z")
			names = append(names, others...)
		}
	}
	if err != nil {
		return nil, err
	}
	for i, name := range names {
		names[i] = filepath.Join(root, filepath.FromSlash(name))
	}
	slices.Sort(names)
	return slices.Compact(names), nil
}

// hasHead reports whether anything has been committed.
func hasHead(ctx context.Context, dir string, env []string) bool {
	cmd := exec.CommandContext(ctx, "git", "rev-parse", "--verify", "--quiet", "HEAD^{commit}")
	cmd.Dir, cmd.Env = dir, env
	return cmd.Run() == nil
}

// changes says which packages of a graph the changed files can affect.
func (r *run) changes(g *graph) *change {
	dirs := map[string]bool{}  // with a changed Go file
	roots := map[string]bool{} // with a file that decides how a build is made
	for _, name := range r.files {
		base := filepath.Base(name)
		switch {
		case strings.HasSuffix(base, "_test.go") && !r.tests:
		case filepath.Ext(base) == ".go":
			dirs[filepath.Dir(name)] = true
		case slices.Contains([]string{"go.mod", "go.sum", "go.work", "go.work.sum", configName}, base):
			roots[filepath.Dir(name)] = true
		case base == "modules.txt" && filepath.Base(filepath.Dir(name)) == "vendor":
			roots[filepath.Dir(filepath.Dir(name))] = true
		}
		for _, c := range r.contracts {
			if !filepath.IsAbs(c) {
				c = filepath.Join(r.dir, c)
			}
			if c == name {
				roots[r.env.root()] = true
			}
		}
	}
	c := &change{affected: make([]bool, len(g.pkgs)), reach: make([]bool, len(g.pkgs))}
	all := roots[r.env.root()]
	for _, p := range g.pkgs { // dependencies first
		own := p.Module != nil && (p.Module.Main && all || roots[p.Module.Dir])
		c.affected[p.index] = own || dirs[p.Dir] || slices.ContainsFunc(p.imports, func(dep *pkg) bool { return c.affected[dep.index] })
	}
	copy(c.reach, c.affected)
	for _, p := range slices.Backward(g.pkgs) {
		if c.reach[p.index] {
			for _, dep := range p.imports {
				c.reach[dep.index] = true
			}
		}
	}
	return c
}

// narrow returns those of the packages in which something may be found that the
// changes affect. A callback may reach a package that it does not import, through
// what is stored in a field, when some package imports both.
func (c *change) narrow(pkgs []*pkg) []*pkg {
	if c == nil {
		return pkgs
	}
	var out []*pkg
	for _, p := range pkgs {
		if c.reach[p.index] {
			out = append(out, p)
		}
	}
	return out
}

// isAffected reports whether the changes can affect the package with that path.
// Without -changed, all are.
func (r *run) isAffected(path string) bool {
	if !r.changed.given {
		return true
	}
	for i, g := range r.graphs {
		if p := g.byPath[path]; p != nil && r.diffs[i].affected[p.index] {
			return true
		}
	}
	return false
}

// affectedText says how many of the packages the changes can affect.
func (r *run) affectedText() string {
	n, all := 0, 0
	for i, g := range r.graphs {
		for _, p := range g.roots {
			all++
			if r.diffs[i].affected[p.index] {
				n++
			}
		}
	}
	return fmt.Sprintf("%d of %s affected by what changed", n, count(all, "package"))
}

// concerns reports whether a finding has to do with a package that the changes
// can affect.
func (r *run) concerns(f *report.Finding) bool {
	in := func(h effect.Hop) bool { return r.isAffected(h.Pos.Pkg) }
	return r.isAffected(f.Root) || r.isAffected(f.Callback.Pkg) ||
		slices.ContainsFunc(f.Path, in) || slices.ContainsFunc(f.Holder, in)
}
