// Package fix makes the edit that moves a blocking call out of a callback of
// the bundled runtime: onto the loop's worker pool, or, for a sleep, into a
// timer.
//
// It is pure: syntax, types and source text go in, edits come out. It knows the
// plain form alone, a call that stands as a statement of its own in a callback
// literal, and answers nothing rather than something that might be wrong.
package fix
