// Package patch puts the edits of several fixes together: the files that they
// make, formatted, and what differs.
package patch
