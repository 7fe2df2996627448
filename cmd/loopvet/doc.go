/*
Loopvet finds calls that block an event loop.

Usage:

	loopvet [flags] [packages]
	loopvet callbacks [flags] [packages]
	loopvet baseline write [-o file] [flags] [packages]
	loopvet baseline prune [-o file] [flags] [packages]
	loopvet lsp [-stdio] [flags] [packages]
	go vet -vettool=$(which loopvet) [packages]

An event loop runs every callback on one goroutine, so that a callback which
waits makes all the others wait. Loopvet knows the callbacks of several event
loop libraries, follows what they call through all packages, and reports each
line on which a loop may be held, with the path that leads there:

	config.go:12:9: os.ReadFile blocks the event loop (file): callback of (*loop.Loop).SetTimeout -> (*Server).reload -> config.Load -> os.ReadFile

Packages are named as for the go command; without any, the one in the current
directory is meant. Findings in generated files and, unless -tests is given, in
test files are left out.

The command callbacks lists the callbacks that were found instead of what is
wrong with them. The command baseline keeps a file of what is known, see below. The
command lsp serves editors. A package that is called like a command is written
./callbacks.

# Flags

	-C dir
		work in dir: packages, files in flags and the names of files in the
		output are relative to it
	-tags list
		build tags, separated by commas
	-tests
		look at _test.go files too
	-level level
		the lowest level to report: error is a certain deadlock; warning, the
		default, is all that the loop does not tolerate; info is the rest, such
		as console output and work that is linear in its input
	-kinds list
		report these kinds only, separated by commas; see -explain
	-budget duration
		how long a callback may take; waits that are bounded below that are of
		level info. It overrides what contracts say
	-pools
		look for worker pools that are made by hand, of channels and goroutines, in
		every package of the main modules, and not only in those that have to do
		with a loop or a library's pool
	-f format
		text, stylish, json, sarif, github, staticcheck or html, see
		docs/formats.md; docs/json.md describes json
	-fix
		apply the fixes, and report what is left. Analyses again after each round
		of fixes, until there are none
	-diff
		print what the first round of -fix would change, as a unified diff
	-changed[=rev]
		limit the report to the packages that the difference to a revision can
		affect: those that changed and all that import them. The revision is HEAD
		unless it is given, as in -changed=origin/main or, from where the branch
		was left, -changed=origin/main...; files that git does not know yet count.
		In a git hook, without a revision, it is what is about to be committed
	-baseline file
		leave out the findings in that file, and report its entries that match
		nothing any more
	-o file
		of loopvet baseline: the file to write, loopvet-baseline.txt by default
	-why file:line
		explain every path to that line, or why nothing is reported there. Without
		packages, ./... is meant. See docs/why.md
	-contracts file
		read more contracts, after .loopvet.yaml; may be repeated
	-explain name
		explain an analyzer or a category of finding
	-j n
		use n threads
	-v
		say where the time goes
	-version
		print the version

# Exit codes

0 means that nothing was found, 1 that something was. 2 means that something
could not be analysed, or that the command line was wrong; findings are printed
all the same. A run without findings says on standard error how many loops and
callbacks it saw.

# Contracts

What the code does not show is said by contracts: which functions block, and
where a library runs the functions that it is handed. Loopvet comes with contracts
for the standard library and for several event loops. A project adds its own in
the file .loopvet.yaml, at the root of its workspace or else of its main module,
and a library in //loopvet: comments in its source. See docs/contracts.md.

# Silence

A comment silences what is found on its line, in the statement below it, or in
the function that it stands above:

	os.Remove(lock) //loopvet:ignore on tmpfs
	os.Remove(lock) //nolint:loopvet // on tmpfs
	os.Remove(lock) //loopvet:ignore until=2027-01-31 on tmpfs

It holds on each path through the line, so that one in a dependency holds for its
callers. A comment without a reason, one whose last day is over, and one that
silences nothing are findings, of the category ignore. See docs/silence.md, which
describes the keys exclude and severity of .loopvet.yaml too.

# Baseline

loopvet baseline write puts the findings of today in a file, and -baseline leaves
them out of later runs. What changes the line numbers only changes nothing in it;
a new caller of an old helper is new. Entries that match nothing any more are
findings until loopvet baseline prune removes them. See docs/baseline.md.

# In editors

loopvet lsp is a language server: it shows the findings in the lines, with the
path, and offers the fixes. It speaks the Language Server Protocol on standard
input and output; -stdio, which some editors add, says just that. It analyses the
module of each file that is opened, ./... unless packages are named, and again
when something is saved. The flags that say what is found are available, here and
as settings of the editor; -C, -f, -o, -fix, -diff, -changed and -why are not. See
docs/editors.md.

# As a vet tool

The go command runs loopvet on one package at a time. It finds the same, at other
lines: where the path leaves the package, the finding stands on the call that
leaves it. Findings at level warning and above are reported; the flags above
are not available. What .loopvet.yaml says counts in the main modules: while a
dependency is looked at, it is not in force.

# Environment

	LOOPVET_CACHE
		where results are kept, by default the directory loopvet in the user's
		cache directory; "off" keeps none
	NO_COLOR
		if not empty, the output has no colours; it has them on a terminal only

The variables of the go command decide what is built: GOOS, GOARCH, GOFLAGS,
GOWORK and so on. When some files of the packages are for the browser only
(GOOS=js GOARCH=wasm) and use syscall/js, they are analysed too.
*/
package main
