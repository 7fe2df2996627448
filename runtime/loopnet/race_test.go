//go:build race

package loopnet_test

func init() { raceDetector = true }
