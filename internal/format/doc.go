// Package format writes what a run found: as text, as JSON, as a page, and in
// the forms that editors and build services read. There is one file for each
// format. The sentences come from package report.
package format
