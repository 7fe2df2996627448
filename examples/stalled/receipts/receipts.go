// Package receipts writes a file for each order.
package receipts

import (
	"fmt"
	"os"
	"path/filepath"
)

// Write writes the receipt of the order with the given number into dir.
func Write(dir string, number int, text string) error {
	name := filepath.Join(dir, fmt.Sprintf("receipt-%d.txt", number))
	return os.WriteFile(name, []byte(text+"\n"), 0o644)
}
