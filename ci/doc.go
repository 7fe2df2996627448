// Package ci holds the tests of what stands between loopvet and those who meet
// it outside of the go command: the hook for pre-commit, the GitHub action, the
// workflows and the issue templates. They run these as their hosts would. The
// links between the repository's pages are checked here too.
package ci
