package driver

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/analysis/unitchecker"

	"github.com/loopvet/loopvet/analyzers/blockingcall"
	"github.com/loopvet/loopvet/analyzers/poolsaturation"
	"github.com/loopvet/loopvet/internal/contract"
)

// analyzers are those that -explain knows.
var analyzers = []*analysis.Analyzer{blockingcall.Analyzer, poolsaturation.Analyzer}

// isUnit reports whether the go command, or another build system that speaks
// its protocol, runs the binary as a vet tool.
func isUnit(args []string) bool {
	return slices.ContainsFunc(args, func(a string) bool {
		return a == "-V=full" || a == "--V=full" || a == "-flags" || a == "--flags" || strings.HasSuffix(a, ".cfg")
	})
}

// unit does what the go command asks of a vet tool.
func unit(args []string, stdout, stderr io.Writer) int {
	if slices.Contains(args, "-V=full") || slices.Contains(args, "--V=full") {
		id, err := toolID()
		if err != nil {
			fmt.Fprintf(stderr, "loopvet: %v\n", err)
			return 2
		}
		exe, _ := os.Executable()
		fmt.Fprintf(stdout, "%s version devel comments-go-here buildID=%s\n", exe, id)
		return 0
	}
	var cfgFile string
	if i := slices.IndexFunc(args, func(a string) bool { return strings.HasSuffix(a, ".cfg") }); i >= 0 {
		cfgFile = args[i]
	}
	// unitchecker reads os.Args and the default flag set, and exits.
	blocking := blockingcall.New(sync.OnceValues(func() (*contract.Set, error) {
		wd, _ := os.Getwd()
		set, _, err := loadContracts(unitRoot(cfgFile), wd, nil)
		return set, err
	}), blockingcall.Options{})
	unitchecker.Main(blocking, poolsaturation.New(blocking, poolsaturation.Options{}))
	return 0
}

// toolID returns what identifies the tool to the go command's cache: the binary
// and the contracts that it will find. The go command asks for it in the
// directory where the user stands.
func toolID() (string, error) {
	h := sha256.New()
	if err := hashExecutable(h); err != nil {
		return "", err
	}
	if wd, err := os.Getwd(); err == nil {
		if root := moduleRoot(wd); root != "" {
			data, err := os.ReadFile(filepath.Join(root, configName))
			fmt.Fprintf(h, "\x00%t\x00", err == nil)
			h.Write(data)
		}
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

func hashExecutable(w io.Writer) error {
	exe, err := os.Executable()
	if err != nil {
		return err
	}
	f, err := os.Open(exe)
	if err != nil {
		return err
	}
	defer f.Close()
	_, err = io.Copy(w, f)
	return err
}

// unitRoot returns the directory whose .loopvet.yaml counts for the package
// that a unit's configuration describes. A dependency has none of its own: a
// file that it brings along does not count.
func unitRoot(cfgFile string) string {
	data, err := os.ReadFile(cfgFile)
	if err != nil {
		return "" // unitchecker will say so
	}
	var cfg struct {
		Dir, ImportPath, ModuleVersion string
		Standard                       map[string]bool
	}
	if json.Unmarshal(data, &cfg) != nil || cfg.Dir == "" || cfg.ModuleVersion != "" {
		return ""
	}
	return moduleRoot(cfg.Dir)
}
