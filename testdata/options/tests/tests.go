// Package tests registers callbacks in its tests.
package tests

import "os"

func load() { os.ReadFile("x") }
