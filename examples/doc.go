// Package examples has one small server, twice: in stalled two callbacks block
// its event loop, and in served the same work runs on the pool.
//
//	go run github.com/loopvet/loopvet/cmd/loopvet ./...
//
// reports the two and nothing else. chat is a chat server on the loop's own
// sockets. Two more are modules of their own, for what they need: files, an HTTP
// service with files and a database, and script, a host for JavaScript programs.
package examples
