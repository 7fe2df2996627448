package main

import (
	"bytes"
	_ "embed"
	"fmt"
	"html/template"
	"io/fs"
	"path"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"

	"github.com/loopvet/loopvet/internal/contract"
)

// contractFiles are the contracts that come with loopvet.
const contractFiles = "internal/contract/contracts"

//go:embed contracts.html
var contractsHTML string

var contractsTemplate = template.Must(template.New("contracts").Parse(contractsHTML))

// A library is what one contract says.
type library struct {
	ID      string
	Module  string
	File    string   // that has the contract, from the root of the repository
	About   []string // paragraphs of the comment above it
	Facts   []fact   // what stands in the contract by itself
	Tables  []table
	Entries int

	loop, pool bool
}

type fact struct{ Name, Value string }

// A table is a key of a contract that has many entries.
type table struct {
	Title string
	Head  []string // empty where the title says it
	Rows  [][]cell
	Fold  bool // too long to be shown at once
}

// A cell is text, of code or not.
type cell struct {
	Text string
	Code bool
}

// Short reports whether the code is short enough to stay on one line.
func (c cell) Short() bool { return len(c.Text) <= shortCode }

// A section is a part of the page with a heading of its own.
type section struct {
	ID, Title, About string
	Libraries        []*library
}

// contractsPage makes the page on the standard library, or that on all others.
func contractsPage(repo fs.FS, name string) (*page, error) {
	libraries, err := readContracts(repo)
	if err != nil {
		return nil, err
	}
	std := func(l *library) bool { return l.Module == "std" }
	var data struct {
		Title, About string
		Sections     []section
	}
	if name == standardPage {
		data.Title = "What is known of the standard library"
		data.About = "What these tables do not name does nothing to the goroutine that calls it."
		for _, l := range libraries {
			if std(l) {
				l.ID = strings.TrimSuffix(path.Base(l.File), ".yaml")
				data.Sections = append(data.Sections, section{ID: l.ID, Title: strings.TrimPrefix(l.ID, "std-"), Libraries: []*library{l}})
				l.ID = ""
			}
		}
	} else {
		data.Title = "Known libraries"
		data.About = "What a contract that comes with loopvet does not name in one of these modules does nothing to the goroutine that calls it, " +
			"unless the contract is not opaque. All other modules are read from source."
		kinds := []section{
			{ID: "event-loops", Title: "Event loops", About: "Their callbacks must not block. The loop of runtime/loop is not here: it is known by the directives in its source, as is the pool of runtime/pool."},
			{ID: "worker-pools", Title: "Worker pools", About: "Their tasks are what poolsaturation looks at."},
			{ID: "other-libraries", Title: "Other libraries", About: "What programs on a loop often call."},
		}
		for _, l := range libraries {
			switch {
			case std(l):
			case l.loop:
				kinds[0].Libraries = append(kinds[0].Libraries, l)
			case l.pool:
				kinds[1].Libraries = append(kinds[1].Libraries, l)
			default:
				kinds[2].Libraries = append(kinds[2].Libraries, l)
			}
		}
		data.Sections = kinds
	}
	var out bytes.Buffer
	if err := contractsTemplate.Execute(&out, data); err != nil {
		return nil, err
	}
	p := &page{Name: name, Title: data.Title, Body: template.HTML(out.String()), anchors: map[string]bool{}}
	for _, s := range data.Sections {
		p.Headings = append(p.Headings, heading{s.ID, s.Title})
		p.anchors[s.ID] = true
		for _, l := range s.Libraries {
			p.anchors[l.ID] = true
		}
	}
	return p, nil
}

// readContracts reads all contracts, sorted by module and file.
func readContracts(repo fs.FS) ([]*library, error) {
	names, err := fs.Glob(repo, contractFiles+"/*.yaml")
	if err != nil {
		return nil, err
	}
	if len(names) == 0 {
		return nil, fmt.Errorf("%s: no contracts", contractFiles)
	}
	var out []*library
	for _, name := range names {
		data, err := fs.ReadFile(repo, name)
		if err != nil {
			return nil, err
		}
		if _, err := contract.Parse(name, data); err != nil {
			return nil, err
		}
		decoder := yaml.NewDecoder(bytes.NewReader(data))
		for {
			var doc yaml.Node
			if err := decoder.Decode(&doc); err != nil {
				break // the end: the file was parsed before
			}
			out = append(out, librariesIn(name, &doc)...)
		}
	}
	slices.SortStableFunc(out, func(a, b *library) int { return strings.Compare(a.Module, b.Module) })
	taken := map[string]bool{}
	for _, l := range out {
		l.ID = slug(strings.NewReplacer("/", "-", ".", "-").Replace(l.Module), taken)
		taken[l.ID] = true
	}
	return out, nil
}

// librariesIn returns the contracts of a document: it is one, or a list.
func librariesIn(file string, doc *yaml.Node) []*library {
	node := doc
	for node.Kind == yaml.DocumentNode {
		node = node.Content[0]
	}
	about := firstOf(doc.HeadComment, node.HeadComment)
	if node.Kind == yaml.SequenceNode {
		var out []*library
		for i, item := range node.Content {
			comment := firstOf(item.HeadComment, item.Content[0].HeadComment)
			if i == 0 && comment == "" {
				comment = about
			}
			out = append(out, readLibrary(file, comment, item))
		}
		return out
	}
	if about == "" && len(node.Content) > 0 {
		about = node.Content[0].HeadComment
	}
	return []*library{readLibrary(file, about, node)}
}

func firstOf(texts ...string) string {
	for _, t := range texts {
		if t != "" {
			return t
		}
	}
	return ""
}

// titles are the headings of the keys that have many entries, in the order in
// which they are shown, and what each entry is of.
var titles = []struct{ key, title, name string }{
	{"callbacks", "Runs on the loop", "Function"},
	{"reentrant", "Waits for its own loop", "Function"},
	{"off-when", "Switches the loop off", "Call"},
	{"blocks", "Blocks", "Function"},
	{"blocks-unless", "Does not block where it was made so", "Function"},
	{"pool", "Pools", "Function"},
	{"worker", "Runs on a pool", "Function"},
	{"here", "Runs what it is given, on the goroutine that calls", "Function"},
	{"elsewhere", "Runs what it is given elsewhere", "Function"},
	{"leaves", "Leaves the loop for what it is given", "Function"},
	{"calls", "Calls methods of what it is given", "Function"},
	{"carries", "Keeps what it is given in its result", "Function"},
	{"returns", "Results", "Function"},
	{"vars", "Variables and fields", "Variable"},
	{"nonblocking", "Does not block", "Function"},
	{"silent", "Reviewed, and nothing to say of", "Function"},
}

// readLibrary reads a contract that was parsed before.
func readLibrary(file, about string, node *yaml.Node) *library {
	l := &library{File: file, About: paragraphs(about)}
	values := map[string]*yaml.Node{}
	var keys []string
	for i := 0; i+1 < len(node.Content); i += 2 {
		key := node.Content[i].Value
		values[key] = node.Content[i+1]
		keys = append(keys, key)
	}
	for _, key := range keys {
		value := values[key]
		switch {
		case key == "module":
			l.Module = value.Value
		case key == "opaque":
			if value.Value == "false" {
				l.Facts = append(l.Facts, fact{"not opaque", "what the contract does not name is read from source"})
			}
		case key == "imports":
			var names []string
			for i := 0; i+1 < len(value.Content); i += 2 {
				names = append(names, value.Content[i].Value+" = "+value.Content[i+1].Value)
			}
			l.Facts = append(l.Facts, fact{"short names", strings.Join(names, ", ")})
		case slices.ContainsFunc(titles, func(t struct{ key, title, name string }) bool { return t.key == key }):
		default:
			l.Facts = append(l.Facts, fact{key, strings.Trim(flow(value), "[]")})
		}
	}
	for _, t := range titles {
		value := values[t.key]
		if value == nil {
			continue
		}
		show := table{Title: t.title, Head: []string{t.name}}
		switch {
		case t.key == "blocks":
			show.Head = append(show.Head, "Kind", "Certain", "Level", "When")
			for i := 0; i+1 < len(value.Content); i += 2 {
				show.Rows = append(show.Rows, effectRows(value.Content[i].Value, value.Content[i+1])...)
			}
			if !slices.ContainsFunc(show.Rows, func(row []cell) bool { return row[4].Text != "" }) {
				show.Head = show.Head[:4]
				for i, row := range show.Rows {
					show.Rows[i] = row[:4]
				}
			}
		case value.Kind == yaml.MappingNode:
			show.Head = append(show.Head, "What")
			for i := 0; i+1 < len(value.Content); i += 2 {
				show.Rows = append(show.Rows, []cell{{value.Content[i].Value, true}, what(t.key, value.Content[i+1])})
			}
		default:
			show.Head = nil
			for _, item := range value.Content {
				show.Rows = append(show.Rows, []cell{{strings.Trim(flow(item), "{}"), true}})
			}
		}
		l.Entries += len(show.Rows)
		show.Fold = len(show.Rows) > 12
		l.Tables = append(l.Tables, show)
	}
	l.loop = values["loop"] != nil || values["callbacks"] != nil
	l.pool = values["pool"] != nil
	return l
}

// effectRows returns the rows of what blocks says of a function, one for each
// effect.
func effectRows(function string, value *yaml.Node) (rows [][]cell) {
	effects := []*yaml.Node{value}
	if value.Kind == yaml.SequenceNode {
		effects = value.Content
	}
	for _, e := range effects {
		kind, certain, level, when := "", "blocks", "", ""
		words := strings.Fields(e.Value)
		for i := 0; e.Kind == yaml.MappingNode && i+1 < len(e.Content); i += 2 {
			key, v := e.Content[i].Value, e.Content[i+1]
			switch key {
			case "kind", "level":
				words = append(words, v.Value)
			case "may":
				words = append(words, map[bool]string{true: "may"}[v.Value == "true"])
			case "bound":
				when = "for at most argument " + v.Value
			case "unless":
				when = "unless " + strings.Trim(flow(v), "{}")
			}
		}
		for _, word := range words {
			switch _, isLevel := contract.ParseLevel(word); {
			case word == "may":
				certain = "may block"
			case contract.Kind(word).Valid():
				kind = word
			case isLevel || word == "off":
				level = word
			}
		}
		if level == "" {
			level = contract.Kind(kind).Level().String()
		}
		rows = append(rows, []cell{{function, true}, {kind, true}, {certain, false}, {level, false}, {when, false}})
	}
	return rows
}

// what returns what an entry of a key says: numbers of arguments in words, and
// all else as it is written.
func what(key string, value *yaml.Node) cell {
	text := flow(value)
	if !slices.Contains([]string{"here", "worker", "elsewhere", "leaves", "carries"}, key) {
		return cell{text, true}
	}
	text = strings.ReplaceAll(strings.Trim(text, "[]"), "recv", "the receiver")
	if text == "" || text[0] < '0' || text[0] > '9' {
		return cell{text, false}
	}
	if strings.Contains(text, ",") {
		return cell{"arguments " + text, false}
	}
	return cell{"argument " + text, false}
}

// flow returns a value as YAML has it on one line, without quotes.
func flow(node *yaml.Node) string {
	var parts []string
	switch node.Kind {
	case yaml.SequenceNode:
		for _, item := range node.Content {
			parts = append(parts, flow(item))
		}
		return "[" + strings.Join(parts, ", ") + "]"
	case yaml.MappingNode:
		for i := 0; i+1 < len(node.Content); i += 2 {
			parts = append(parts, node.Content[i].Value+": "+flow(node.Content[i+1]))
		}
		return "{" + strings.Join(parts, ", ") + "}"
	}
	return node.Value
}

// paragraphs returns the text of a comment.
func paragraphs(comment string) []string {
	var out []string
	fresh := true
	for line := range strings.Lines(comment) {
		line = strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(line), "#"))
		switch {
		case line == "":
			fresh = true
		case fresh:
			out, fresh = append(out, line), false
		default:
			out[len(out)-1] += " " + line
		}
	}
	return out
}
