// Package looptty has terminals on an event loop: what is typed, what is shown, raw mode
// and the size of the window. It is a module of its own, so that a program which does not
// use it does not inherit golang.org/x/term and golang.org/x/sys.
//
//	t, err := looptty.New(l, os.Stdin)
//	if err != nil {
//		return err // looptty.ErrNotTerminal, if the input is a file or a pipe
//	}
//	defer looptty.Restore()
//	t.SetRaw(true)
//	t.ReadStart(func(p []byte, err error) {
//		if err != nil || p[0] == 'q' {
//			t.Close()
//		}
//	})
//
// A [TTY] is a handle of its loop, and a source and a sink of package loopio. What is read
// are bytes as they come: a character of several bytes may be cut between two calls, and a
// key may send several characters.
//
// # The terminal is shared
//
// A shell hands a program its own open file as standard input, output and error, and
// whether that blocks is a flag of the open file and not of the descriptor. So the file
// that [New] is given is never made non-blocking: the terminal is opened once more
// (/proc/self/fd on Linux, then /dev/tty; on BSD and macOS the device of that number), and
// it is the new file that does not block. Whatever becomes of the program, the shell's is as it was.
//
// No worker is taken:
//
//   - A terminal that was opened is read and written by the loop itself, and a goroutine of
//     it waits in Go's network poller.
//   - If the poller does not take it, as kqueue on macOS may not, that goroutine waits in a
//     system call instead, which holds a thread. All else is the same.
//   - If it cannot be opened once more, because it belongs to another user or there is no
//     /proc, goroutines read and write the file that is there. Close does not wait for
//     them: what one has read by then is lost, and one that another process was faster
//     than takes what is typed next.
//
// In the first two cases nothing is read from the terminal but for a read callback, so that
// what is typed while nobody reads, and after Close, is left to the next program.
//
// # Raw mode
//
// [TTY.SetRaw] is x/term's MakeRaw: no echo, no lines, no signals by keys, and no "\r" put
// before each "\n" of what is written, which is UV_TTY_MODE_IO of libuv. The mode is the
// terminal's and outlives the program. Close ends it, and so does closing the loop; on all
// other ways out, [Restore] does.
//
// Windows, Plan 9 and js/wasm are not supported: New and Open return an error that is
// [errors.ErrUnsupported].
package looptty
