package plugin

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/golangci/plugin-module-register/register"
	"go.yaml.in/yaml/v4"
	"golang.org/x/tools/go/analysis"

	"github.com/loopvet/loopvet/analyzers/blockingcall"
	"github.com/loopvet/loopvet/analyzers/poolsaturation"
	"github.com/loopvet/loopvet/internal/contract"
)

// Name is what the linter is called in golangci-lint's configuration.
const Name = "loopvet"

func init() { register.Plugin(Name, New) }

// Settings are what stands below linters.settings.custom.loopvet.settings.
type Settings struct {
	// Level is the lowest level to report: error, warning (the default) or
	// info.
	Level string `json:"level"`
	// Kinds are the only kinds to report, and rules on worker pools, such as
	// pool-selfwait; without any, all are.
	Kinds []string `json:"kinds"`
	// Budget is how long a callback may take, as a duration such as "5ms". It
	// overrides what contracts say.
	Budget string `json:"budget"`
	// Tests asks for findings in _test.go files.
	Tests bool `json:"tests"`
	// Contracts are a project's own: the text of a .loopvet.yaml, or a list of
	// such contracts as mappings.
	Contracts any `json:"contracts"`
}

// New returns the linter with the given settings, as golangci-lint decoded them
// from its configuration; nil means the defaults.
func New(settings any) (register.LinterPlugin, error) {
	if settings == nil {
		settings = Settings{}
	}
	s, err := register.DecodeSettings[Settings](settings)
	if err != nil {
		return nil, err
	}
	var p linter
	var errs []error
	fail := func(err error) { errs = append(errs, err) }

	if s.Level != "" {
		var ok bool
		if p.options.Level, ok = contract.ParseLevel(s.Level); !ok {
			fail(fmt.Errorf("level %q: want error, warning or info", s.Level))
		}
	}
	for _, name := range s.Kinds {
		k := contract.Kind(name)
		if !k.Valid() && !slices.Contains(poolsaturation.Rules(), name) {
			fail(fmt.Errorf("kinds: no kind is called %q; there are %s", name, kindNames()))
		}
		p.options.Kinds = append(p.options.Kinds, k)
	}
	slices.Sort(p.options.Kinds)
	p.options.Kinds = slices.Compact(p.options.Kinds)
	if s.Budget != "" {
		p.options.Budget, err = time.ParseDuration(s.Budget)
		if err != nil || p.options.Budget <= 0 {
			fail(fmt.Errorf("budget %q: want a positive duration such as 5ms", s.Budget))
		}
	}
	p.options.Tests = s.Tests
	if p.contracts, err = contracts(s.Contracts); err != nil {
		fail(err)
	}
	if len(errs) > 0 {
		return nil, errors.Join(errs...)
	}
	return &p, nil
}

// contracts returns the built-in contracts with those in the settings.
func contracts(v any) (*contract.Set, error) {
	var text []byte
	switch v := v.(type) {
	case nil:
		return contract.Builtin(), nil
	case string:
		text = []byte(v)
	case []any:
		var err error
		if text, err = yaml.Marshal(v); err != nil {
			return nil, fmt.Errorf("contracts: %v", err)
		}
	default:
		// golangci-lint lowers the case of the keys of mappings, and splits
		// them at dots, except within a list.
		return nil, errors.New("contracts: want text (contracts: |) or a list of mappings")
	}
	c, err := contract.Parse("contracts", text)
	if err != nil {
		return nil, err
	}
	return contract.Builtin().With(c), nil
}

func kindNames() string {
	var names []string
	for _, k := range contract.Kinds() {
		names = append(names, string(k))
	}
	return strings.Join(append(names, poolsaturation.Rules()...), " ")
}

type linter struct {
	options   blockingcall.Options
	contracts *contract.Set
}

// BuildAnalyzers returns the analyzers of loopvet.
func (p *linter) BuildAnalyzers() ([]*analysis.Analyzer, error) {
	load := func() (*contract.Set, error) { return p.contracts, nil }
	blocking := blockingcall.New(load, p.options)
	return []*analysis.Analyzer{blocking, poolsaturation.New(blocking, p.options)}, nil
}

// GetLoadMode asks for type information.
func (p *linter) GetLoadMode() string { return register.LoadModeTypesInfo }
