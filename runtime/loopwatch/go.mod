module github.com/loopvet/loopvet/runtime/loopwatch

go 1.26.0

require (
	github.com/fsnotify/fsnotify v1.10.1
	github.com/loopvet/loopvet v0.0.0
)

require golang.org/x/sys v0.49.0 // indirect

replace github.com/loopvet/loopvet => ../../
