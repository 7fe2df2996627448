// Package examples has one small server, twice: in stalled two callbacks block
// its event loop, and in served the same work runs on the pool.
//
//	go run github.com/loopvet/loopvet/cmd/loopvet ./...
//
// reports the two and nothing else. chat is a chat server on the loop's own
// sockets, and files keeps files for its clients, over HTTP.
package examples
