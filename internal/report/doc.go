// Package report turns findings into sentences. It is the only place with
// prose for users.
package report
