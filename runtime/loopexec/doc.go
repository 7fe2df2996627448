// Package loopexec runs processes from an event loop.
//
//	p := loopexec.Spawn(ctx, l, exec.Command("sort"), func(p *loopexec.Process, err error) {
//		// it has ended; err is that of exec.Cmd.Wait
//	}, loopexec.PipeStdin(), loopexec.PipeStdout())
//	loopio.Pipe(p.Stdin(), file, func(int64, error) { p.Stdin().Shutdown(nil) })
//	p.Stdout().ReadStart(func(b []byte, err error) {
//		if err != nil { // io.EOF among others
//			p.Stdout().Close()
//		}
//	})
//
// A process is described by an [exec.Cmd] of package os/exec. A goroutine of its own
// starts it and waits for it, so that it takes no worker and leaves no zombie. Its
// pipes are connections of loopnet, with their backpressure.
//
// A [Process] is a handle of its loop. As in Node, its end is told twice: the exit
// callback is called when the process has ended, and the function of OnClose when
// nobody has its pipes any more either.
package loopexec
