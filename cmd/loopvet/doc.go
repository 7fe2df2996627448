/*
Loopvet finds calls that block an event loop.

Usage:

	loopvet [flags] [packages]
	loopvet callbacks [flags] [packages]
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
wrong with them. A package that is called so is written ./callbacks.

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
	-f format
		text or json. docs/json.md describes the latter
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
