package contract

import (
	"go/types"
	"slices"
	"sync"
	"testing"
)

// The libraries lie in modules of their own under testdata. Their source is
// type-checked without bodies, and nothing of them is compiled.
var (
	libsResolver    = sync.OnceValues(func() (*resolver, error) { return newResolver("testdata/libs", linux, "./...") })
	effectsResolver = sync.OnceValues(func() (*resolver, error) { return newResolver("testdata/effects", linux, "./...") })
)

var linux = []string{"GOOS=linux", "GOARCH=amd64"}

// effectModules are resolved in testdata/effects, all others in testdata/libs.
var effectModules = map[string]bool{
	"gorm.io/gorm": true, "github.com/redis/go-redis/v9": true, "github.com/docker/docker": true,
	"github.com/moby/moby/client": true, "k8s.io/client-go": true, "github.com/segmentio/kafka-go": true,
	"github.com/IBM/sarama": true, "github.com/aws/aws-sdk-go-v2/service/s3": true, "github.com/minio/minio-go/v7": true,
	"github.com/aliyun/aliyun-oss-go-sdk": true, "github.com/spf13/viper": true, "go.uber.org/zap": true,
	"github.com/dgraph-io/badger/v4": true, "go.etcd.io/bbolt": true, "github.com/fsnotify/fsnotify": true,
	"github.com/pkg/errors": true, "github.com/expr-lang/expr": true, "github.com/mattn/anko": true, "github.com/yuin/gopher-lua": true, "google.golang.org/grpc": true, "github.com/sirupsen/logrus": true, "github.com/rs/zerolog": true,
	"github.com/charmbracelet/log": true, "github.com/muesli/termenv": true, "github.com/charmbracelet/colorprofile": true,
	"github.com/charmbracelet/glamour": true, "github.com/go-resty/resty/v2": true, "github.com/posthog/posthog-go": true, "mvdan.cc/sh/v3": true,
	"github.com/PuerkitoBio/goquery": true, "github.com/andybalholm/cascadia": true, "github.com/gogs/chardet": true,
}

func TestLibrarySymbolsResolve(t *testing.T) {
	r := library(t, libsResolver)
	for _, err := range builtinOf(t, func(m string) bool { return m != std && !effectModules[m] }).Validate(r.resolve) {
		t.Error(err)
	}
}

func TestEffectSymbolsResolve(t *testing.T) {
	if testing.Short() {
		t.Skip("a thousand packages")
	}
	r := library(t, effectsResolver)
	for _, err := range builtinOf(t, func(m string) bool { return effectModules[m] }).Validate(r.resolve) {
		t.Error(err)
	}
}

// TestFuncsClassified holds that for each library with a loop or a pool every
// exported function that takes a func says where that runs: on the loop, on a
// pool, here, elsewhere, where the loop has been left, by whoever calls the
// result; or is under silent.
func TestFuncsClassified(t *testing.T) {
	r := library(t, libsResolver)
	for _, path := range []string{
		"github.com/panjf2000/gnet/v2",
		"github.com/panjf2000/gnet/v2/pkg/logging",
		"github.com/panjf2000/gnet/v2/pkg/pool/goroutine",
		"github.com/charmbracelet/bubbletea",
		"charm.land/bubbletea/v2",
		"github.com/eclipse/paho.mqtt.golang",
		"github.com/rivo/tview",
		"github.com/derailed/tview",
		"github.com/dop251/goja_nodejs/eventloop",
		"github.com/dop251/goja_nodejs/console",
		"github.com/dop251/goja_nodejs/require",
		"github.com/dop251/goja",
		"github.com/gdamore/tcell/v2",
		"github.com/panjf2000/ants/v2",
		"github.com/alitto/pond/v2",
		"github.com/gammazero/workerpool",
		"github.com/Jeffail/tunny",
		"github.com/sourcegraph/conc",
		"github.com/sourcegraph/conc/iter",
		"github.com/sourcegraph/conc/panics",
		"github.com/sourcegraph/conc/pool",
		"github.com/sourcegraph/conc/stream",
		"golang.org/x/sync/errgroup",
		"golang.org/x/sync/semaphore",
		"golang.org/x/sync/singleflight",
		"github.com/charmbracelet/bubbles/textarea",
		"github.com/charmbracelet/bubbles/textinput",
		"github.com/atotto/clipboard",
	} {
		pkg, err := r.resolve(path)
		if err != nil {
			t.Error(err)
			continue
		}
		for _, f := range exportedFuncs(pkg) {
			for i := range f.Signature().Params().Len() {
				if p := f.Signature().Params().At(i).Type(); isFunc(p) && !Builtin().classifies(f, i, p) {
					t.Errorf("%s says nothing of argument %d, %s", f.FullName(), i, types.TypeString(p, types.RelativeTo(pkg)))
				}
			}
		}
	}
}

// isFunc reports whether a parameter is a func or several.
func isFunc(t types.Type) bool {
	switch u := types.Unalias(t).Underlying().(type) {
	case *types.Signature:
		return true
	case *types.Slice:
		return isFunc(u.Elem())
	}
	return false
}

// classifies reports whether s says where argument i of f, of type t, runs.
func (s *Set) classifies(f *types.Func, i int, t types.Type) bool {
	if s.FuncType(types.TypeString(t, nil)) != nil || s.silent(f) {
		return true
	}
	fn := s.Func(f.FullName())
	if fn == nil {
		return false
	}
	for _, args := range [][]int{fn.OnLoop, fn.OnWorker, fn.Here, fn.Elsewhere, fn.Leaves} {
		if slices.Contains(args, i) {
			return true
		}
	}
	for _, r := range fn.Returns {
		if slices.Contains(r.Carries, i) {
			return true
		}
	}
	return false
}

// A fork may lack some of the original, but not most of it, and what it has must
// take its funcs in the same places.
func TestAliases(t *testing.T) {
	r := library(t, libsResolver)
	const original, fork = "github.com/rivo/tview", "github.com/derailed/tview"
	found, missing := 0, 0
	for _, cfg := range Builtin().configs {
		for _, c := range cfg.Contracts {
			if c.Module != original {
				continue
			}
			for _, e := range c.entries {
				if e.pat != nil {
					continue
				}
				e.sym.Pkg = fork
				v := &validator{resolve: r.resolve, broken: map[string]bool{}}
				switch e.facet {
				case facetVar, facetFuncType, facetField, facetInterface:
					v.typ(symbol{Pkg: fork, Type: e.sym.Type}, e.source)
				default:
					if f := v.fn(e.sym, e.source); f != nil && len(v.errs) == 0 {
						if v.signature(&e, f.Signature()); len(v.errs) > 0 {
							t.Error(v.errs[0])
						}
					}
				}
				if len(v.errs) > 0 {
					missing++
				} else {
					found++
				}
			}
		}
	}
	if found < 3*missing {
		t.Errorf("%s has %d of the symbols and lacks %d", fork, found, missing)
	}
}

// Several goroutines may ask at once; run with -race.
func TestConcurrentUse(t *testing.T) {
	s := Builtin().ForMain("example.com/m")
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 50 {
				for _, name := range []string{"os.ReadFile", "(*k8s.io/client-go/gentype.Client[T]).Get", "(github.com/panjf2000/gnet/v2.Conn).Write"} {
					if s.Func(name) == nil {
						t.Error(name)
					}
				}
				s.Fingerprint()
			}
		})
	}
	wg.Wait()
}

// Messages name packages as the contracts import them, which must be as the
// packages name themselves.
func TestImportNames(t *testing.T) {
	for _, cfg := range Builtin().configs {
		for _, c := range cfg.Contracts {
			r := library(t, libsResolver)
			switch {
			case c.Module == std:
				r = library(t, stdResolver)
			case effectModules[c.Module] && testing.Short():
				continue
			case effectModules[c.Module]:
				r = library(t, effectsResolver)
			}
			for name, path := range c.imports {
				pkg, err := r.resolve(path)
				if err != nil {
					t.Error(err)
				} else if pkg != nil && pkg.Name() != name {
					t.Errorf("%s: %s is imported as %s, and is package %s", c.Source, path, name, pkg.Name())
				}
			}
		}
	}
}
