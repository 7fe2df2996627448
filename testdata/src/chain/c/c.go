// Package c is at the far end. // want package:"effects; Fetch: blocks net; Load: blocks file; Size: .*|effects; Fetch: blocks net; Load: blocks file"
package c

import (
	"net/http"
	"os"
)

// Load reads a file.
func Load(name string) error {
	_, err := os.ReadFile(name) // ok: no callback is known here
	return err
}

// Fetch asks a server.
func Fetch(url string) error {
	_, err := http.Get(url) // ok: no callback is known here
	return err
}

// Size counts.
func Size(name string) error { return nil }
