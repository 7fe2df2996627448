package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
)

func main() {
	out := flag.String("o", "out", "the directory to write to")
	flag.Usage = func() { fmt.Fprintln(os.Stderr, "usage: go run -C docs/site . [-o dir]") }
	flag.Parse()
	if flag.NArg() > 0 {
		flag.Usage()
		os.Exit(2)
	}
	if err := run(filepath.Join("..", ".."), *out); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// run makes the site of the repository in root, and writes it to the directory
// out.
func run(root, out string) error {
	files, err := build(os.DirFS(root))
	if err != nil {
		return err
	}
	if err := os.MkdirAll(out, 0o777); err != nil {
		return err
	}
	for name, data := range files {
		if err := os.WriteFile(filepath.Join(out, name), data, 0o666); err != nil {
			return err
		}
	}
	fmt.Printf("%d files in %s\n", len(files), out)
	return nil
}
