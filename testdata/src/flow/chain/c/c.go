// Package c holds the end of the chain. // want package:"effects"
package c

import (
	"os"
	"time"
)

// Load reads a file.
func Load(name string) ([]byte, error) { return os.ReadFile(name) }

// Fetch reads a file.
func Fetch(name string) ([]byte, error) { return os.ReadFile(name) }

// Stat reads a file.
func Stat(name string) ([]byte, error) { return os.ReadFile(name) }

// Scan reads a file.
func Scan() { os.ReadFile("x") }

// Poll reads a file.
func Poll() { os.ReadFile("x") }

// Seek reads a file.
func Seek() { os.ReadFile("x") }

// Spill reads a file.
func Spill() { os.ReadFile("x") }

// Size computes.
func Size(name string) int { return len(name) }

// Pause sleeps for d.
func Pause(d time.Duration) { time.Sleep(d) }

// Rest sleeps for d.
func Rest(d time.Duration) { time.Sleep(d) }

// A Disk keeps pages.
type Disk struct{ dir string }

// Keep writes a page.
func (d *Disk) Keep(page string) error { return d.write(page) }

func (d *Disk) write(page string) error { return os.WriteFile(d.dir+page, nil, 0o644) }

// Dir is in memory.
func (d *Disk) Dir() string { return d.dir }
