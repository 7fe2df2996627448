// Package disk saves pages; it knows nothing of screens. // want package:"effects"
package disk

import "os"

// A Disk saves to files.
type Disk struct{}

// Save writes a file.
func (Disk) Save(page string) { os.WriteFile(page, nil, 0o644) }

// A Memory forgets.
type Memory struct{}

// Save does nothing.
func (Memory) Save(string) {}
