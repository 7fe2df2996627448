package plugin_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/golangci/plugin-module-register/register"
	"go.yaml.in/yaml/v4"
	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/analysis/analysistest"

	"github.com/loopvet/loopvet/plugin"
)

type settings = map[string]any

// analyzers returns what golangci-lint gets for some settings.
func analyzers(t *testing.T, s any) []*analysis.Analyzer {
	t.Helper()
	build, err := register.GetPlugin(plugin.Name)
	if err != nil {
		t.Fatal(err)
	}
	p, err := build(s)
	if err != nil {
		t.Fatal(err)
	}
	if got := p.GetLoadMode(); got != register.LoadModeTypesInfo {
		t.Errorf("load mode %q", got)
	}
	all, err := p.BuildAnalyzers()
	if err != nil {
		t.Fatal(err)
	}
	if err := analysis.Validate(all); err != nil {
		t.Fatal(err)
	}
	return all
}

// TestSettings runs the packages that say what each option does.
func TestSettings(t *testing.T) {
	root, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(root, "testdata", "options", "contracts", "contracts.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	var list any // as golangci-lint decodes it
	if err := yaml.Unmarshal(text, &list); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name     string
		settings any
		analyzer string
		pkg      string
	}{
		{"defaults", nil, "blockingcall", "src/basic"},
		{"level info", settings{"level": "info"}, "blockingcall", "options/info"},
		{"level error", settings{"level": "error"}, "blockingcall", "options/errors"},
		{"kinds", settings{"kinds": []any{"net", "dns"}}, "blockingcall", "options/kinds"},
		{"budget", settings{"budget": "50ms"}, "blockingcall", "options/budget"},
		{"contracts", settings{"contracts": string(text)}, "blockingcall", "options/contracts/app"},
		{"contracts as a list", settings{"contracts": list}, "blockingcall", "options/contracts/app"},
		{"pools", nil, "poolsaturation", "pool/selfwait"},
		{"pools, level info", settings{"level": "info"}, "poolsaturation", "pool/kernel"},
		{"pools, a rule", settings{"kinds": []any{"pool-selfwait"}}, "poolsaturation", "pool/selfwait"},
	} {
		t.Run(test.name, func(t *testing.T) {
			for _, a := range analyzers(t, test.settings) {
				if a.Name == test.analyzer {
					analysistest.Run(t, root, a, "./testdata/"+test.pkg)
				}
			}
		})
	}
}

func TestMistakes(t *testing.T) {
	for _, test := range []struct {
		settings settings
		want     []string
	}{
		{settings{"levels": "info"}, []string{`unknown field "levels"`}},
		{settings{"level": "loud"}, []string{`level "loud": want error, warning or info`}},
		{settings{"level": 3}, []string{"level of type string"}},
		{settings{"kinds": []any{"net", "floppy"}}, []string{`no kind is called "floppy"; there are sleep wait `}},
		{settings{"budget": "-1ms"}, []string{`budget "-1ms": want a positive duration`}},
		{settings{"budget": "soon"}, []string{`budget "soon": want a positive duration`}},
		{settings{"level": "loud", "budget": "soon"}, []string{"level", "budget"}},
		{settings{"contracts": "module: std\nblocks:\n  os.Getpid: floppy\n"}, []string{"contracts:3: ", "floppy"}},
		{settings{"contracts": []any{settings{"module": "std", "blokcs": settings{}}}}, []string{"contracts:", "blokcs"}},
		{settings{"contracts": settings{"module": "std"}}, []string{"contracts: want text (contracts: |) or a list of mappings"}},
	} {
		_, err := plugin.New(test.settings)
		if err == nil {
			t.Errorf("%v: no error", test.settings)
			continue
		}
		for _, want := range test.want {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%v: error %q, want %q in it", test.settings, err, want)
			}
		}
	}
}
