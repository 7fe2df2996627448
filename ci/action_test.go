package ci_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v4"
)

// A step is a step of a GitHub action or workflow.
type step struct {
	Name, Uses, Run, Shell, If string
	Env                        map[string]string
	Directory                  string `yaml:"working-directory"`
}

// parse reads a YAML file of this repository.
func parse(t *testing.T, name string, v any) {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("..", filepath.FromSlash(name)))
	if err == nil {
		err = yaml.Unmarshal(data, v)
	}
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
}

var expressionRE = regexp.MustCompile(`\$\{\{ *(.*?) *\}\}`)

// expand replaces the expressions in a text by their values.
func expand(t *testing.T, text string, context map[string]string) string {
	t.Helper()
	return expressionRE.ReplaceAllStringFunc(text, func(s string) string {
		name := expressionRE.FindStringSubmatch(s)[1]
		value, ok := context[name]
		if !ok {
			t.Fatalf("no value for %s", s)
		}
		return value
	})
}

// sh runs a step as a runner does.
func (s step) sh(t *testing.T, dir string, context map[string]string) (string, error) {
	t.Helper()
	if expressionRE.MatchString(s.Run) {
		t.Fatalf("step %q: an expression in a script; values go through env, so that none is run", s.Name)
	}
	script := filepath.Join(t.TempDir(), "step.sh")
	if err := os.WriteFile(script, []byte(s.Run), 0o666); err != nil {
		t.Fatal(err)
	}
	b := box{dir: filepath.Join(dir, expand(t, s.Directory, context)), env: []string{"GITHUB_ACTIONS=true", "GITHUB_WORKSPACE=" + dir}}
	for name, value := range s.Env {
		b.env = append(b.env, name+"="+expand(t, value, context))
	}
	return b.try("bash", "--noprofile", "--norc", "-eo", "pipefail", script)
}

func needBash(t *testing.T) {
	t.Helper()
	if testing.Short() {
		t.Skip("runs what runners run")
	}
	if _, err := exec.LookPath("bash"); err != nil {
		t.Skip(err)
	}
}

// TestAction runs the steps of the action on a module that has findings and on
// one that has none, at the root of a repository and below it.
func TestAction(t *testing.T) {
	needBash(t)
	var action struct {
		Inputs map[string]struct{ Default string }
		Runs   struct {
			Using string
			Steps []step
		}
	}
	parse(t, "action.yml", &action)
	root, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	temp := t.TempDir()
	for _, test := range []struct {
		name, handle string
		inputs       map[string]string
		fails        bool
		want         string // a regular expression
	}{
		{"good", goodFile, nil, false, `^loopvet: 1 loop, 1 callback, `},
		{"bad", badFile, nil, true, `(?m)^::warning .*file=handle\.go,line=5,.*os\.Remove blocks the event loop`},
		{"below the root", badFile, map[string]string{"working-directory": "sub"}, true, `(?m)^::warning .*file=sub/handle\.go,line=5,`},
		{"arguments", badFile, map[string]string{"args": "-level error", "packages": "./bus ."}, false, `^loopvet: 1 loop, 1 callback, `},
		{"nothing is run", goodFile, map[string]string{"packages": "$(touch${IFS}touched)"}, true, `touch`},
	} {
		t.Run(test.name, func(t *testing.T) {
			context := map[string]string{"github.action_path": root, "runner.temp": temp, "runner.os": "Linux"}
			for name, input := range action.Inputs {
				context["inputs."+name] = input.Default
			}
			for name, value := range test.inputs {
				if _, ok := action.Inputs[name]; !ok {
					t.Fatalf("the action has no input %s", name)
				}
				context["inputs."+name] = value
			}
			app := box{dir: t.TempDir()}
			sub := test.inputs["working-directory"]
			app.write(t, sub+"/go.mod", "module example.com/app\n\ngo 1.26\n")
			app.write(t, sub+"/main.go", mainFile)
			app.write(t, sub+"/handle.go", test.handle)
			app.write(t, sub+"/bus/bus.go", busFile)
			var out string
			var err error
			for _, s := range action.Runs.Steps {
				switch {
				case err != nil:
					t.Fatalf("step fails: %v\n%s", err, out)
				case s.Uses != "":
					pinned(t, s.Uses)
				case s.Shell != "bash":
					t.Errorf("step %q has shell %q", s.Name, s.Shell)
				default:
					out, err = s.sh(t, app.dir, context)
				}
			}
			if (err != nil) != test.fails || !regexp.MustCompile(test.want).MatchString(out) {
				t.Errorf("%v\n%s\nwant %s", err, out, test.want)
			}
			if _, err := os.Stat(filepath.Join(app.dir, sub, "touched")); err == nil {
				t.Error("an input was run")
			}
		})
	}
}

// pinned checks that an action is one of GitHub's own, or this one, and that
// its version is named.
func pinned(t *testing.T, uses string) {
	t.Helper()
	if uses != "./" && !regexp.MustCompile(`^actions/[a-z-]+@v\d+$`).MatchString(uses) {
		t.Errorf("uses %s", uses)
	}
}

// TestWorkflows runs the shell steps of the workflows, but for those that .ci/run
// itself consists of.
func TestWorkflows(t *testing.T) {
	needBash(t)
	elsewhere := map[string]string{
		".ci/run":                "this test is part of it",
		".ci/run full":           "this test is part of it",
		"go vet ./...":           "a step of .ci/run",
		"go test -short ./...":   "a step of .ci/run",
		"gh release create":      "publishes",
		"sudo apt-get install -": "changes the machine",
	}
	names, err := filepath.Glob("../.github/workflows/*.yml")
	if err != nil || len(names) < 2 {
		t.Fatal(names, err)
	}
	notes := 0
	for _, name := range names {
		var workflow struct {
			Permissions map[string]string
			Jobs        map[string]struct{ Steps []step }
		}
		parse(t, ".github/workflows/"+filepath.Base(name), &workflow)
		if len(workflow.Permissions) == 0 {
			t.Errorf("%s does not limit its permissions", name)
		}
		for job, j := range workflow.Jobs {
			for _, s := range j.Steps {
				what := fmt.Sprintf("%s: job %s: %q", filepath.Base(name), job, s.Name)
				if s.Uses != "" {
					pinned(t, s.Uses)
					continue
				}
				known := false
				for prefix := range elsewhere {
					known = known || strings.HasPrefix(strings.TrimSpace(s.Run), prefix)
				}
				switch {
				case known:
				case s.Env["NOTES"] != "":
					notes++
					releaseNotes(t, s)
				default:
					t.Errorf("%s: no test runs this step", what)
				}
			}
		}
	}
	if notes != 1 {
		t.Errorf("%d steps make release notes", notes)
	}
}

// releaseNotes runs the step that makes the notes of a release.
func releaseNotes(t *testing.T, s step) {
	t.Helper()
	dir := box{dir: t.TempDir()}
	dir.write(t, "CHANGELOG.md", "# Changes\n\n## v1.10.0\n\nten\n\n## v1.1.0 (2027-01-31)\n\none\n\n### Fixed\n\ntwo\n\n## v1.0.0\n\nzero\n\n## v0.9.0\n\n## v0.8.0\n")
	for tag, want := range map[string]string{
		"v1.10.0": "\nten\n\n", "v1.1.0": "\none\n\n### Fixed\n\ntwo\n\n", "v1.0.0": "\nzero\n\n", "v1.1": "", "v0.9.0": "", "v2.0.0": "",
	} {
		out, err := s.sh(t, dir.dir, map[string]string{"github.ref_name": tag, "runner.temp": dir.dir})
		got, _ := os.ReadFile(filepath.Join(dir.dir, "notes.md"))
		if want == "" && (err == nil || !strings.Contains(out, "no section "+tag)) || want != "" && (err != nil || string(got) != want) {
			t.Errorf("notes of %s: %q, %v, %s", tag, got, err, out)
		}
	}
}

// TestSchemas validates the action and the workflows against their published
// schemas, and their scripts with shellcheck.
func TestSchemas(t *testing.T) {
	if os.Getenv("LOOPVET_FULL") == "" {
		t.Skip("downloads a validator: LOOPVET_FULL=1")
	}
	validator := box{dir: t.TempDir()}
	validator.run(t, "npm", "install", "--silent", "--no-fund", "--no-audit", "@action-validator/core@0.6.0", "@action-validator/cli@0.6.0")
	tool := filepath.Join(validator.dir, "node_modules", ".bin", "action-validator")
	names, err := filepath.Glob("../.github/workflows/*.yml")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range append(names, "../action.yml") {
		if out, err := (box{dir: "."}).try(tool, name); err != nil {
			t.Errorf("%s: %v\n%s", name, err, out)
		}
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		// The validator does find mistakes.
		broken := filepath.Join(t.TempDir(), filepath.Base(name))
		text := strings.NewReplacer("runs-on:", "runs-in:", "using: composite", "using: magic").Replace(string(data))
		if err := os.WriteFile(broken, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
		if _, err := (box{dir: "."}).try(tool, broken); err == nil {
			t.Errorf("%s: mistakes in it are not found", name)
		}
		var file struct {
			Jobs map[string]struct{ Steps []step }
			Runs struct{ Steps []step }
		}
		parse(t, strings.TrimPrefix(filepath.ToSlash(name), "../"), &file)
		steps := slices.Clone(file.Runs.Steps)
		for _, j := range file.Jobs {
			steps = append(steps, j.Steps...)
		}
		for _, s := range steps {
			if s.Run == "" {
				continue
			}
			script := filepath.Join(t.TempDir(), "step.sh")
			if err := os.WriteFile(script, []byte("#!/bin/bash\n"+s.Run), 0o666); err != nil {
				t.Fatal(err)
			}
			if out, err := (box{dir: "."}).try("shellcheck", script); err != nil {
				t.Errorf("%s: %q: %v\n%s", name, s.Name, err, out)
			}
		}
	}
	if out, err := (box{dir: ".."}).try("shellcheck", ".ci/run"); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

// TestIssueTemplates checks the forms by the rules of
// https://docs.github.com/en/communities/using-templates-to-encourage-useful-issues-and-pull-requests/syntax-for-githubs-form-schema.
func TestIssueTemplates(t *testing.T) {
	names, err := filepath.Glob("../.github/ISSUE_TEMPLATE/*.yml")
	if err != nil {
		t.Fatal(err)
	}
	forms := 0
	for _, name := range names {
		if filepath.Base(name) == "config.yml" {
			continue
		}
		forms++
		var form struct {
			Name, Description string
			Labels            []string
			Body              []struct {
				Type, ID   string
				Attributes struct {
					Label, Description, Render string
					Options                    []string
				}
				Validations struct{ Required bool }
			}
		}
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		dec, err := yaml.NewLoader(strings.NewReader(string(data)), yaml.WithKnownFields())
		if err == nil {
			err = dec.Load(&form)
		}
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if form.Name == "" || form.Description == "" || len(form.Labels) == 0 || len(form.Body) == 0 {
			t.Errorf("%s lacks a name, a description, a label or a body", name)
		}
		ids, labels := map[string]bool{}, map[string]bool{}
		required := false
		for _, f := range form.Body {
			if !slices.Contains([]string{"textarea", "input", "dropdown"}, f.Type) {
				t.Errorf("%s: type %q", name, f.Type)
			}
			if (f.Type == "dropdown") != (len(f.Attributes.Options) > 0) {
				t.Errorf("%s: options of %s", name, f.ID)
			}
			if f.Attributes.Render != "" && f.Type != "textarea" {
				t.Errorf("%s: %s cannot be rendered", name, f.ID)
			}
			if !regexp.MustCompile(`^[\w-]+$`).MatchString(f.ID) || ids[f.ID] || f.Attributes.Label == "" || labels[f.Attributes.Label] {
				t.Errorf("%s: id %q and label %q must be there, and once only", name, f.ID, f.Attributes.Label)
			}
			ids[f.ID], labels[f.Attributes.Label] = true, true
			required = required || f.Validations.Required
		}
		if !required {
			t.Errorf("%s requires nothing", name)
		}
	}
	if forms != 3 {
		t.Errorf("%d forms", forms)
	}
}
