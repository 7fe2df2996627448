// Package report turns findings into what a user reads: it is the only place
// with sentences. It also decides which of several findings at one line is
// shown, and in what order.
package report
