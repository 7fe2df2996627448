package format

import (
	"bytes"
	"encoding/json"
	"maps"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// TestJSONPage checks that docs/json.md names every field there is, and that its
// examples have the fields that the output always has, and no others.
func TestJSONPage(t *testing.T) {
	data, err := os.ReadFile("../../docs/json.md")
	if err != nil {
		t.Fatal(err)
	}
	page := string(data)
	var examples []string
	for rest := page; ; {
		_, after, ok := strings.Cut(rest, "```json\n")
		if !ok {
			break
		}
		example, after, _ := strings.Cut(after, "```")
		examples, rest = append(examples, example), after
	}
	if len(examples) != 2 {
		t.Fatalf("%d examples", len(examples))
	}
	var all struct {
		Version    int           `json:"version"`
		Findings   []jsonFinding `json:"findings"`
		Suppressed []jsonFinding `json:"suppressed"`
		Errors     []Error       `json:"errors"`
		Seen       jsonSeen      `json:"seen"`
	}
	same(t, examples[0], &all)
	// What such a run prints has these fields and no others.
	var written bytes.Buffer
	if err := (&Output{}).JSON(&written); err != nil {
		t.Fatal(err)
	}
	keys := func(text []byte) []string {
		var m map[string]any
		if err := json.Unmarshal(text, &m); err != nil {
			t.Fatal(err)
		}
		return slices.Sorted(maps.Keys(m))
	}
	if got, want := keys(written.Bytes()), keys([]byte(examples[0])); !slices.Equal(got, want) {
		t.Errorf("the output has %q, the example %q", got, want)
	}
	same(t, "{"+examples[1]+"}", &struct {
		Fixes []jsonFix `json:"fixes"`
	}{})

	for _, name := range fields(reflect.TypeOf(all), nil) {
		if !strings.Contains(page, "`"+name+"`") && !strings.Contains(page, `"`+name+`":`) {
			t.Errorf("docs/json.md says nothing of %s", name)
		}
	}
}

// same checks that an example is what v, decoded from it, is written as.
func same(t *testing.T, example string, v any) {
	t.Helper()
	dec := json.NewDecoder(strings.NewReader(example))
	dec.DisallowUnknownFields()
	if err := dec.Decode(v); err != nil {
		t.Fatalf("%v in %s", err, example)
	}
	data, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	var got, want any
	for text, to := range map[string]*any{string(data): &got, example: &want} {
		if err := json.Unmarshal([]byte(text), to); err != nil {
			t.Fatal(err)
		}
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("the example is\n%s\nand would be written as\n%s", example, data)
	}
}

// fields returns the names, in JSON, of the fields of a type and of those in it.
func fields(typ reflect.Type, seen []reflect.Type) (names []string) {
	for typ.Kind() == reflect.Slice || typ.Kind() == reflect.Pointer {
		typ = typ.Elem()
	}
	if typ.Kind() != reflect.Struct || slices.Contains(seen, typ) {
		return nil
	}
	for i := range typ.NumField() {
		f := typ.Field(i)
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		names = append(append(names, name), fields(f.Type, append(seen, typ))...)
	}
	return names
}
