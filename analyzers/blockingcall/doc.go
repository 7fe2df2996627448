/*
Package blockingcall defines an analyzer that finds calls which block an event
loop.

# Analyzer blockingcall

blockingcall: report calls that block an event loop

An event loop runs every callback on one goroutine. While one of them waits for
a disk, a network, a process, a lock or a timer, or computes for long, all the
others wait with it. This analyzer follows each callback through the functions
it calls, in whatever package, and reports the line that a person would change,
with the path that leads there.

	// WRONG: every connection of the loop waits for the disk.
	l.SetTimeout(time.Second, func() {
		page, err := os.ReadFile("index.html")
		show(page, err)
	})

	// RIGHT: a worker reads, and the loop gets the result as a callback.
	l.SetTimeout(time.Second, func() {
		loop.QueueWork(ctx, l, func(context.Context) ([]byte, error) {
			return os.ReadFile("index.html")
		}, show)
	})

Which functions are callbacks is known from contracts for well-known libraries,
from //loopvet: directives in a library's source, and from the bodies of
functions that wrap either. What a call does is known from contracts for the
standard library and from the source of everything else.

A message says "blocks" when the call is certain to be reached and to wait, and
"may block" when it depends. Its category is what holds the goroutine: sleep,
wait, chan, lock, file, net, dns, exec, db, console, cpu, gc or forever. The
category reentry is for a call that waits for the very loop it stands on: a
deadlock.

For the plain form, a call that stands as a statement of its own in a literal
handed to the bundled runtime, go fix -fixtool can make the change: the call goes
into loop.QueueWork, and the rest of the literal becomes its after callback. A
sleep becomes a timer. Where the operands of the call, or what follows it, might
depend on its being done at once, no change is offered.

What is tolerated depends on the loop: a terminal program may look at a file's
size in a key handler, a network engine may not. Console output, and work that
is linear in its input, are reported at level info only.
*/
package blockingcall
