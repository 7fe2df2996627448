module github.com/loopvet/loopvet/examples

go 1.26.0

require github.com/loopvet/loopvet v0.0.0

replace github.com/loopvet/loopvet => ../
