// Package contract holds what is known of code without reading it: which
// functions block, how, and where a library runs what it is handed.
//
// Contracts are data. Those of the standard library and of well-known modules
// are embedded (see [Builtin]); users write more in .loopvet.yaml at the root of
// the main module, or name a file with -contracts. One parser reads both, and
// reports all that is wrong at once, as file:line: text.
//
// # Symbols
//
// A symbol is written as types.Func.FullName prints it: os.ReadFile,
// (*os.File).Read, (net.Conn).Read. Methods of generic types are written
// without type parameters, (*sync/atomic.Pointer).Load. A promoted method has
// the name of the type that declares it, (*net.conn).Read for the Read of a
// net.TCPConn, for that is the name under which callers meet it; of an
// interface, a method may be named under each interface that has it, and a
// caller looks under the static type of the receiver first. Types and fields
// are pkg.T and pkg.T.F. A key named imports gives short names to import paths.
//
// In blocks, nonblocking and silent a symbol may be a pattern: * stands for any
// run of characters within one element of the import path and what follows it,
// ** for any run at all, and a pattern matches methods with and without a
// pointer alike. A symbol that is written out counts for more than a pattern;
// between patterns, and between two contracts that speak of one symbol in the
// same way, the later counts.
//
// # Keys of a contract
//
//	module       the module path, or std
//	aliases      other module paths with the same API: forks
//	imports      name: import path
//	opaque       false: what the contract does not name is read from source
//	evidence     where the library says so
//
//	loop         the name of the loop, as messages show it
//	loop-module  the module whose loop it is, where that is another
//	budget       how long a callback may take: 1ms
//	tolerates    kinds that the loop puts up with
//	strict-in    callback methods, and functions that register callbacks, in which
//	             it does not
//	deadlocks    kinds that only the loop itself can end
//	offload      how to move work off the loop, as an imperative
//	callbacks    what runs on the loop, a list of
//	               implements, methods   methods of every implementation
//	               func, arg             arguments (0 unless said)
//	               functype              values of a named func type
//	               field                 funcs stored in a field
//	               shape, methods        methods of types that have all methods of the shape
//	reentrant    functions that wait for the loop and never return when called on
//	             it; with may before the symbol, those that sometimes do not
//	off-when     call, arg, value or field, value: what switches the loop off
//
//	blocks       symbol: what it does to its caller (below)
//	blocks-unless
//	             methods, made, option, unless: methods of what these functions
//	             made do not block, with one of these options or constants
//	pool         symbol: what it does with worker pools, a mapping (below) or a list
//	here         symbol: arguments that it runs on the calling goroutine
//	worker       symbol: arguments that it runs on a pool
//	elsewhere    symbol: arguments that it runs on some other goroutine
//	leaves       symbol: arguments that it runs here, the loop left on purpose
//	calls        symbol: methods of its arguments that it calls here: 0.Read, recv.Write
//	carries      symbol: arguments that its result keeps and calls
//	returns      symbol: result, carries, type, kind of its results
//	vars         variable or field: the kind of a read or write through it
//	nonblocking  symbols that do not block, whatever they seem to do
//	silent       symbols that were reviewed and need no entry; for tests
//
// What a function does is a kind, with may before it and a level after it where
// they differ from the usual (file, may net, cpu info), a mapping with the keys
// kind, may, level, bound (the argument that bounds the wait) and unless (the
// constant argument for which there is none), or a list.
//
// What a function does with pools is one of the keys makes, limits, submits,
// awaits, finishes, acquires, releases, attaches, yields and bounds, see
// [PoolVerb], and what goes with it, see [PoolOp]:
//
//	{makes: RESULT, size: ARG, task: ARG, on: ARG, unlimited: {arg: ARG, below: N}}
//	{makes: RESULT, task: ARG, unlimited: true}
//	{limits: ARG, size: ARG, result: RESULT, unlimited: {arg: ARG, below: N}}
//	{submits: ARG, on: ARG, result: RESULT, blocks: true, if-bounded: true, waits: true, unlimited: true, kernel: [KIND]}
//	{awaits: ARG}, {finishes: ARG}, {acquires: ARG}, {releases: ARG}
//	{attaches: RESULT, on: ARG}, {yields: RESULT, on: ARG}, {bounds: RESULT}
//
// ARG and RESULT are counted from 0; a pool, a group or a future may be recv; on,
// submits and awaits may be none.
//
// A file is one contract, several documents, a list, or a mapping whose key
// contracts holds the list.
//
// # What a contract decides
//
// A package of the standard library, or of a module with a contract, is opaque
// ([Set.Opaque]): what no contract mentions does nothing. With opaque: false,
// and in the main module itself ([Set.ForMain]), contracts speak only of what
// they name.
package contract
