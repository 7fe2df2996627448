package driver

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/loopvet/loopvet/analyzers/poolsaturation"
	"github.com/loopvet/loopvet/internal/contract"
	"github.com/loopvet/loopvet/internal/format"
)

// A config is what the command line asks for.
type config struct {
	command   string // "" or one of commands
	dir       string // absolute
	tags      string
	tests     bool
	level     contract.Level
	kinds     []contract.Kind
	budget    time.Duration
	pools     bool // look for pools made by hand in every package
	format    string
	fix       bool // apply the fixes
	diff      bool // print what -fix would change
	contracts []string
	baseline  string // a file, or empty
	changed   revision
	whyFile   string // absolute, or empty
	whyLine   int
	j         int
	verbose   bool
	explain   string
	version   bool
	cpuFile   string
	memFile   string
	patterns  []string
	given     []string // the arguments before the patterns, without the command
}

func levelName(l contract.Level) string { return l.String() }

// commands are the words that are not packages when they stand first. A package
// of that name is written ./callbacks.
var commands = []string{cmdCallbacks, cmdBaseline, cmdLSP}

const (
	cmdCallbacks = "callbacks"
	cmdLSP       = "lsp"
	cmdBaseline  = "baseline" // followed by write or prune
	cmdWrite     = "baseline write"
	cmdPrune     = "baseline prune"
)

// parseFlags reads the command line. It returns flag.ErrHelp when help is asked
// for, and otherwise an error of one line.
func parseFlags(args []string) (*config, error) {
	c := &config{level: contract.Warning, j: runtime.GOMAXPROCS(0)}
	fs := flag.NewFlagSet("loopvet", flag.ContinueOnError)
	fs.SetOutput(io.Discard)
	fs.Usage = func() {}
	fs.StringVar(&c.dir, "C", "", "")
	fs.StringVar(&c.tags, "tags", "", "")
	fs.BoolVar(&c.tests, "tests", false, "")
	fs.Func("level", "", func(s string) error {
		l, ok := contract.ParseLevel(s)
		if !ok {
			return errors.New("want error, warning or info")
		}
		c.level = l
		return nil
	})
	fs.Func("kinds", "", func(s string) error {
		for name := range strings.SplitSeq(s, ",") {
			k := contract.Kind(strings.TrimSpace(name))
			if !k.Valid() && !slices.Contains(poolsaturation.Rules(), string(k)) {
				return fmt.Errorf("no kind is called %q; there are %s %s", name, joinKinds(contract.Kinds(), " "), strings.Join(poolsaturation.Rules(), " "))
			}
			c.kinds = append(c.kinds, k)
		}
		slices.Sort(c.kinds)
		c.kinds = slices.Compact(c.kinds)
		return nil
	})
	fs.BoolVar(&c.pools, "pools", false, "")
	fs.Func("budget", "", func(s string) (err error) {
		c.budget, err = time.ParseDuration(s)
		if err != nil || c.budget <= 0 {
			return errors.New("want a positive duration such as 5ms")
		}
		return nil
	})
	fs.Func("f", "", func(s string) error {
		if !slices.Contains(format.Names(), s) {
			return fmt.Errorf("want one of %s", strings.Join(format.Names(), " "))
		}
		c.format = s
		return nil
	})
	fs.BoolVar(&c.fix, "fix", false, "")
	fs.BoolVar(&c.diff, "diff", false, "")
	fs.Func("contracts", "", func(s string) error {
		c.contracts = append(c.contracts, s)
		return nil
	})
	fs.StringVar(&c.baseline, "baseline", "", "")
	fs.StringVar(&c.baseline, "o", "", "")
	fs.Var(&c.changed, "changed", "")
	why := fs.String("why", "", "")
	fs.IntVar(&c.j, "j", c.j, "")
	fs.BoolVar(&c.verbose, "v", false, "")
	fs.StringVar(&c.explain, "explain", "", "")
	fs.BoolVar(&c.version, "version", false, "")
	fs.StringVar(&c.cpuFile, "cpuprofile", "", "")
	fs.StringVar(&c.memFile, "memprofile", "", "")
	fs.Bool("stdio", false, "") // what lsp does anyway; some editors add it

	for {
		if err := fs.Parse(args); err != nil {
			if errors.Is(err, flag.ErrHelp) {
				return nil, err
			}
			return nil, fmt.Errorf("%v; loopvet -h lists the flags", err)
		}
		given := args[:len(args)-fs.NArg()]
		if n := len(given); n > 0 && given[n-1] == "--" {
			given = given[:n-1]
		}
		c.given = append(c.given, given...)
		args = fs.Args()
		if c.command == cmdBaseline && len(args) > 0 && (args[0] == "write" || args[0] == "prune") {
			c.command, args = c.command+" "+args[0], args[1:]
			continue
		}
		if c.command != "" || len(args) == 0 || !slices.Contains(commands, args[0]) {
			break
		}
		c.command, args = args[0], args[1:]
	}
	for _, a := range args {
		if strings.HasPrefix(a, "-") {
			return nil, fmt.Errorf("flag %s stands after a package; flags come first", a)
		}
	}
	writes := c.command == cmdWrite || c.command == cmdPrune
	if c.command == cmdLSP { // what an editor says, or has no use for
		for _, name := range []string{"C", "o", "f", "fix", "diff", "changed", "why"} {
			if flagGiven(fs, name) {
				return nil, fmt.Errorf("-%s does not go with loopvet lsp", name)
			}
		}
	}
	switch {
	case c.command != cmdLSP && flagGiven(fs, "stdio"):
		return nil, errors.New("-stdio is for loopvet lsp")
	case c.command == cmdBaseline:
		return nil, errors.New("want loopvet baseline write or loopvet baseline prune")
	case writes && c.changed.given:
		return nil, fmt.Errorf("-changed does not go with loopvet %s", c.command)
	case !writes && flagGiven(fs, "o"):
		return nil, errors.New("-o names what loopvet baseline write and prune write")
	case c.fix && c.diff:
		return nil, errors.New("-fix makes the changes and -diff shows them: give one of the two")
	case (c.fix || c.diff) && c.command != "":
		return nil, fmt.Errorf("-fix and -diff are not for %s", c.command)
	case c.diff && c.format != "":
		return nil, errors.New("-diff prints a diff: -f does not go with it")
	case c.command == "callbacks" && c.format != "" && c.format != "text" && c.format != "json":
		return nil, errors.New("callbacks are listed with -f text or -f json")
	}
	if c.format == "" {
		c.format = "text"
	}
	if c.j < 1 {
		return nil, errors.New("-j wants a number above 0")
	}
	c.patterns = args
	if len(args) == 0 {
		c.patterns = []string{"."}
		if c.command == cmdLSP {
			c.patterns = []string{"./..."}
		}
	}
	dir, err := filepath.Abs(c.dir)
	if err != nil {
		return nil, err
	}
	// The go command names files by the directory it is told to work in; a
	// link on the way there would make two names for each.
	if real, err := filepath.EvalSymlinks(dir); err == nil {
		dir = real
	}
	if info, err := os.Stat(dir); err != nil || !info.IsDir() {
		return nil, fmt.Errorf("-C %s: no such directory", c.dir)
	}
	c.dir = dir
	if *why != "" {
		if c.command != "" || c.fix || c.diff || c.changed.given || c.format != "text" {
			return nil, errors.New("-why prints an explanation: commands, -fix, -diff, -changed and -f do not go with it")
		}
		if len(args) == 0 {
			c.patterns = []string{"./..."} // callbacks of any package may come there
		}
		if c.whyFile, c.whyLine, err = parseWhy(*why, dir); err != nil {
			return nil, err
		}
	}
	return c, nil
}

func flagGiven(fs *flag.FlagSet, name string) (given bool) {
	fs.Visit(func(f *flag.Flag) { given = given || f.Name == name })
	return given
}

// raw reports whether findings are wanted one for each callback.
func (c *config) raw() bool {
	return c.baseline != "" || c.whyFile != "" || c.changed.given || c.command == cmdWrite || c.command == cmdPrune
}

func joinKinds(kinds []contract.Kind, sep string) string {
	var names []string
	for _, k := range kinds {
		names = append(names, string(k))
	}
	return strings.Join(names, sep)
}

const usage = `loopvet finds calls that block an event loop, and tasks that starve a pool.

usage: loopvet [flags] [packages]             report what is found
       loopvet callbacks [flags] [packages]   list what runs on a loop
       loopvet baseline write|prune [-o file] [flags] [packages]
       loopvet lsp [-stdio] [flags] [packages]   serve editors
       go vet -vettool=$(which loopvet) [packages]

 where -C dir   -tags list   -tests  directory; build tags; _test.go files too
 what  -level error|warning|info       the lowest level to report (warning)
       -kinds sleep,file,net,...       these kinds only
       -budget 5ms   -contracts file   how long is too long; more contracts
       -pools                          pools made by hand in any program
 less  -changed[=rev]                  what a diff affects; in hooks, the index
       -baseline file                  without what is known
 how   -f text|stylish|json|sarif|github|staticcheck|html
       -fix   -diff                    apply the fixes; show what they would do
 why   -why file:line                  the paths to a line, or why there is none
       -explain name                   what a kind, category or analyzer means
 misc  -j n   -v   -version            threads; where the time goes; the version

//loopvet:ignore REASON silences a line; .loopvet.yaml has contracts, exclusions
and severities. The exit code is 0 when all is clean, 1 with findings, 2 when
something could not be analysed. The manual: go doc -cmd, or docs/.
`
