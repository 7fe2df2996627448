package driver

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"

	"honnef.co/go/tools/lintcmd/cache"
)

// resultFormat changes when what is stored changes its meaning.
const resultFormat = "loopvet result 2"

// A store keeps the results of runs on disk. Nothing that goes wrong with it is
// worth more than computing again.
type store struct {
	disk *cache.DiskCache
}

// openStore opens the cache in $LOOPVET_CACHE, or in the user's cache directory.
// It returns nil when the variable is "off" or there is no such directory.
func openStore() *store {
	dir := os.Getenv("LOOPVET_CACHE")
	switch dir {
	case "off":
		return nil
	case "":
		user, err := os.UserCacheDir()
		if err != nil {
			return nil
		}
		dir = filepath.Join(user, "loopvet")
	}
	if os.MkdirAll(dir, 0o777) != nil {
		return nil
	}
	disk, err := cache.Open(dir)
	if err != nil {
		return nil
	}
	return &store{disk}
}

// get reads the result with that key into v, and reports whether there is one.
func (s *store) get(key cache.ActionID, v any) bool {
	if s == nil {
		return false
	}
	data, _, err := cache.GetBytes(s.disk, key)
	return err == nil && json.Unmarshal(data, v) == nil
}

func (s *store) put(key cache.ActionID, v any) {
	if s == nil {
		return
	}
	if data, err := json.Marshal(v); err == nil {
		_ = cache.PutBytes(s.disk, key, data)
	}
}

func (s *store) close() {
	if s != nil {
		_ = s.disk.Close()
	}
}

var executableSum = sync.OnceValue(func() string {
	h := sha256.New()
	if err := hashExecutable(h); err != nil {
		return ""
	}
	return string(h.Sum(nil))
})

// resultKey is the hash of all that a run's result depends on. It reports false
// when that cannot be told.
func resultKey(c *config, contracts string, env *environment, roots, pkgs []*pkg) (cache.ActionID, bool) {
	exe := executableSum()
	if exe == "" {
		return cache.ActionID{}, false
	}
	h := cache.NewHash(resultFormat)
	fmt.Fprintf(h, "%s\n%s %x\n", resultFormat, contracts, exe)
	fmt.Fprintf(h, "%d %s %s %t %q %t %t\n", c.level, joinKinds(c.kinds, ","), c.budget, c.tests, c.tags, c.raw(), c.pools)
	fmt.Fprintf(h, "%s %s %s %s %q\n", env.GOOS, env.GOARCH, env.GOVERSION, env.CGO_ENABLED, env.GOEXPERIMENT)
	for _, p := range roots {
		fmt.Fprintf(h, "root %s\n", p.ImportPath)
	}
	for _, p := range pkgs {
		fmt.Fprintf(h, "%s %t %q %q\n", p.ImportPath, p.DepOnly, p.Dir, p.BuildID)
		if p.BuildID == "" || p.Export == "" {
			// Not compiled: what it is made of stands for it.
			if p.Error != nil {
				fmt.Fprintf(h, "error %q %q\n", p.Error.Pos, p.Error.Err)
			}
			for _, name := range p.files() {
				hashFile(h, name)
			}
		}
	}
	return h.Sum(), true
}

func hashFile(w io.Writer, name string) {
	data, err := os.ReadFile(name)
	fmt.Fprintf(w, "%q %t %x\n", name, err == nil, sha256.Sum256(data))
}
