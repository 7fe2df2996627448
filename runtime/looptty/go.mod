module github.com/loopvet/loopvet/runtime/looptty

go 1.26.0

require (
	github.com/loopvet/loopvet v0.0.0
	golang.org/x/sys v0.49.0
	golang.org/x/term v0.47.0
)

replace github.com/loopvet/loopvet => ../../
