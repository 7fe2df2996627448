// Package settings loads what others ask for. // want package:"effects"
package settings

import (
	"net/http"
	"os"
	"sync"
	"time"
)

// Home is read once.
var Home = sync.OnceValues(func() ([]byte, error) {
	return os.ReadFile("home")
})

var fetch = sync.OnceValue(func() error {
	_, err := http.Get("http://example.com")
	return err
})

// Replaced is made by sync.OnceFunc, or is not.
var Replaced = sync.OnceFunc(func() { os.Remove("x") })

// Replace replaces it.
func Replace() { Replaced = func() { os.Remove("y") } }

// Fetch fetches once.
func Fetch() error { return fetch() }

// Now is not once.
var Now = func() { time.Sleep(time.Second) }
