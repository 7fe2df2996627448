// Golangci is golangci-lint with loopvet linked in: what "golangci-lint custom"
// builds, without a clone of its repository.
//
//	go build -o custom-gcl .
//	custom-gcl run ./...
package main

import (
	"fmt"
	"os"
	"runtime"

	"github.com/golangci/golangci-lint/v2/pkg/commands"
	"github.com/golangci/golangci-lint/v2/pkg/exitcodes"

	_ "github.com/loopvet/loopvet/plugin"
)

func main() {
	// With this version, golangci-lint's cache is keyed by the binary, and so by
	// the version of loopvet that is in it.
	info := commands.BuildInfo{GoVersion: runtime.Version(), Version: "(devel)"}
	if err := commands.Execute(info); err != nil {
		fmt.Fprintf(os.Stderr, "The command is terminated due to an error: %v\n", err)
		os.Exit(exitcodes.Failure)
	}
}
