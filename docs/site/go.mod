module github.com/loopvet/loopvet/docs/site

go 1.26.0

require (
	github.com/loopvet/loopvet v0.0.0
	github.com/yuin/goldmark v1.8.7
	go.yaml.in/yaml/v4 v4.0.0
	golang.org/x/net v0.62.0
)

require github.com/bmatcuk/doublestar/v4 v4.10.4 // indirect

replace github.com/loopvet/loopvet => ../..
