// Package loophttp has HTTP on an event loop, over net/http: a handler whose
// requests are answered by callbacks, and a client whose responses arrive as
// callbacks.
//
//	handler := loophttp.Handler(l, func(x *loophttp.Exchange) {
//		x.ReadAll(1<<20, func(body []byte, err error) {
//			if err != nil {
//				x.WriteHeader(http.StatusBadRequest)
//			}
//			x.End(answer(body))
//		})
//	})
//	go http.Serve(listener, handler)
//	l.Run(ctx)
//
// net/http does the work of the protocol, on the goroutines that it has for that:
// one for each connection of a server and for each request of a client. They read
// and write; everything that decides runs on the loop. No worker is taken.
//
// Both ways have backpressure. A body is read piece by piece, and the next one
// only while ReadStart is in force; an [Exchange] says when it is full and when
// it no longer is.
//
// An [Exchange] and a [Call] are handles of the loop. They close themselves when
// they are through or the other side is gone, and OnClose tells that.
package loophttp
