// Package baseline keeps the findings that a project has decided to live with
// for now, so that a run reports new ones only.
//
// A baseline is a text file with one line for each finding. The line is the
// finding's identity: the callback, the functions on the path to the line that a
// person would change, what is called there, and the kind. It has no line
// numbers, and function literals are not numbered, so that edits elsewhere
// change nothing.
package baseline
