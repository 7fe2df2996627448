// Package effect computes what each function does to the goroutine that calls
// it, as summaries that can be carried between packages.
package effect
