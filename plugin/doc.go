// Package plugin makes loopvet a linter of golangci-lint, by its module plugin
// system. Importing it registers the linter "loopvet"; docs/golangci.md says how
// to build a golangci-lint that has it.
//
// The standalone command and the plugin run the same analyzers. What the
// command reads from flags and from .loopvet.yaml, the plugin reads from its
// settings, because golangci-lint keeps results on disk under a key that its
// settings are part of and other files are not.
package plugin
