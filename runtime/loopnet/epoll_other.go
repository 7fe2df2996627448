//go:build !linux

package loopnet

// epoll is what there is in its place.
type epoll struct{ system }
