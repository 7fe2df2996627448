// Package loopio has what the streams of an event loop have in common: sockets of
// loopnet, files of loopfs, HTTP of loophttp, processes of loopexec.
//
//	file := loopfs.OpenReadStream(ctx, l, name)
//	loopio.Pipe(conn, file, func(n int64, err error) {
//		conn.Shutdown(nil)
//	})
package loopio
