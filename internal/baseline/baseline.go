package baseline

import (
	"bytes"
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/loopvet/loopvet/internal/contract"
	"github.com/loopvet/loopvet/internal/effect"
	"github.com/loopvet/loopvet/internal/report"
)

// header is the first line of a baseline. The number changes with the meaning
// of the lines.
const header = "# loopvet baseline 1"

const comment = `# Findings that are known, a line each. "loopvet baseline write" makes this file,
# "loopvet baseline prune" removes the lines that match nothing any more.
`

// A Baseline is a file with findings that are known.
type Baseline struct {
	Name    string // of the file, for messages
	Entries []Entry
}

// An Entry is a finding, or several that differ in nothing but the line.
type Entry struct {
	Package  string // the one in which the callback was found
	Category string
	Kind     contract.Kind
	Level    contract.Level
	Test     bool     // something of it is in a test file
	Path     []string // the callback, the functions on the way to the sink, and what is called there
	Count    int
	Line     int // in the file; 0 when it comes from none
}

// key is what makes two findings the same. The level is not part of it: a
// project may rank findings as it likes.
func (e *Entry) key() string {
	return e.Category + " " + string(e.Kind) + " " + strings.Join(e.Path, arrow)
}

const arrow = " -> "

// String returns the entry as it is written.
func (e Entry) String() string {
	var b strings.Builder
	b.WriteString(e.Package + " " + e.Category)
	if e.Kind != "" && e.Category != string(e.Kind) {
		b.WriteString("/" + string(e.Kind))
	}
	b.WriteString(" " + e.Level.String())
	if e.Test {
		b.WriteString(" test")
	}
	if e.Count > 1 {
		b.WriteString(" x" + strconv.Itoa(e.Count))
	}
	b.WriteString(": " + strings.Join(e.Path, arrow))
	return b.String()
}

// compare orders entries as they are written.
func compare(a, b Entry) int {
	return cmp.Or(strings.Compare(a.Package, b.Package), slices.Compare(a.Path, b.Path),
		strings.Compare(a.Category, b.Category), strings.Compare(string(a.Kind), string(b.Kind)))
}

// literalRE matches what numbers function literals, init functions and functions
// of one name.
var literalRE = regexp.MustCompile(`(\$)[0-9]+|#[0-9]+|·[0-9]+`)

func shape(name string) string { return literalRE.ReplaceAllString(name, "$1") }

// Of returns the entry for a finding.
func Of(f *report.Finding) Entry {
	e := Entry{Package: cmp.Or(f.Root, f.RegistrationPos.Pkg, "-"), Category: f.Category, Kind: f.Kind, Level: f.Level, Count: 1}
	callback := shape(f.Callback.String())
	if f.Callback == (effect.Sym{}) {
		callback = f.Registration
	}
	e.Path = []string{callback}
	for _, h := range f.Path[1 : f.Sink+1] {
		e.Path = append(e.Path, shape(h.In.String()))
	}
	sink := f.SinkHop()
	e.Path = append(e.Path, shape(sink.Callee))
	for _, at := range []effect.Pos{sink.Pos, f.CallbackPos, f.RegistrationPos} {
		e.Test = e.Test || strings.HasSuffix(at.File, "_test.go")
	}
	return e
}

// Known reports whether a finding is one that a baseline may have: those about
// comments and baselines are not.
func Known(f *report.Finding) bool {
	return f.Category != report.Ignore && f.Category != report.Baseline && f.Category != report.Directive
}

// entries returns the entries for those findings that are reported, sorted.
func entries(findings []report.Finding) []Entry {
	byKey := map[string]*Entry{}
	for i := range findings {
		f := &findings[i]
		if f.Suppressed != nil || !Known(f) {
			continue
		}
		e := Of(f)
		if old := byKey[e.key()]; old != nil {
			old.Count++
			old.Level = max(old.Level, e.Level)
			old.Test = old.Test || e.Test
			if e.Package < old.Package {
				old.Package = e.Package
			}
			continue
		}
		byKey[e.key()] = &e
	}
	var out []Entry
	for _, e := range byKey {
		out = append(out, *e)
	}
	slices.SortFunc(out, compare)
	return out
}

var entryRE = regexp.MustCompile(`^(\S+) ([a-z-]+)(?:/([a-z-]+))? (error|warning|info)( test)?(?: x([1-9][0-9]{0,5}))?: (\S.*)$`)

// Parse reads a baseline. The name is used in messages.
func Parse(name string, data []byte) (*Baseline, error) {
	b := &Baseline{Name: name}
	n := 0
	for line := range bytes.Lines(data) {
		n++
		text := strings.TrimSpace(string(line))
		switch {
		case n == 1 && text != header:
			return nil, fmt.Errorf("%s:1: not a baseline that this loopvet can read: want %q", name, header)
		case text == "", text[0] == '#':
			continue
		}
		m := entryRE.FindStringSubmatch(text)
		if m == nil {
			return nil, fmt.Errorf("%s:%d: not an entry of a baseline: want PACKAGE KIND LEVEL: CALLBACK -> ... -> CALL", name, n)
		}
		e := Entry{Package: m[1], Category: m[2], Kind: contract.Kind(m[3]), Test: m[5] != "", Count: 1, Line: n}
		e.Level, _ = contract.ParseLevel(m[4])
		if m[6] != "" {
			e.Count, _ = strconv.Atoi(m[6])
		}
		e.Path = strings.Split(m[7], arrow)
		if k := contract.Kind(e.Category); e.Kind == "" && k.Valid() {
			e.Kind = k
		}
		// Findings about worker pools have no kind.
		if !e.Kind.Valid() && !(e.Kind == "" && strings.HasPrefix(e.Category, "pool-")) || len(e.Path) < 2 {
			return nil, fmt.Errorf("%s:%d: not an entry of a baseline: want PACKAGE KIND LEVEL: CALLBACK -> ... -> CALL", name, n)
		}
		b.Entries = append(b.Entries, e)
	}
	if n == 0 {
		return nil, fmt.Errorf("%s:1: not a baseline that this loopvet can read: want %q", name, header)
	}
	return b, nil
}

// Bytes returns the baseline as it is written.
func (b *Baseline) Bytes() []byte {
	var out bytes.Buffer
	out.WriteString(header + "\n" + comment)
	for _, e := range b.Entries {
		out.WriteString(e.String() + "\n")
	}
	return out.Bytes()
}

// Apply marks the findings that the baseline knows as suppressed, and returns
// how many of them each entry knows. Of an entry that knows fewer findings than
// there are, the first ones are meant. The findings are not merged, and sorted.
// The file's name, as given, is where suppressions are said to stand.
func (b *Baseline) Apply(findings []report.Finding, file string) (matched []int) {
	matched = make([]int, len(b.Entries))
	byKey := map[string][]int{}
	for i := range b.Entries {
		k := b.Entries[i].key()
		byKey[k] = append(byKey[k], i)
	}
	for i := range findings {
		f := &findings[i]
		if f.Suppressed != nil || !Known(f) {
			continue
		}
		e := Of(f)
		for _, n := range byKey[e.key()] {
			if matched[n] < b.Entries[n].Count {
				matched[n]++
				f.Suppressed = &report.Suppression{Kind: report.Baseline, At: effect.Pos{File: file, Line: b.Entries[n].Line, Col: 1}}
				break
			}
		}
	}
	return matched
}

// Stale returns the entries that know fewer findings than they say, of those
// that are covered: the run looked for them.
func (b *Baseline) Stale(matched []int, covered func(Entry) bool) []Entry {
	var out []Entry
	for i, e := range b.Entries {
		if matched[i] < e.Count && covered(e) {
			out = append(out, e)
		}
	}
	return out
}

// Prune returns the baseline without what matches nothing, of what is covered.
func (b *Baseline) Prune(matched []int, covered func(Entry) bool) *Baseline {
	out := &Baseline{Name: b.Name}
	for i, e := range b.Entries {
		if covered(e) {
			e.Count = matched[i]
		}
		if e.Count > 0 {
			out.Entries = append(out.Entries, e)
		}
	}
	return out
}

// Replace returns a baseline with the findings that are reported, and those
// entries of b that are not covered; b may be nil.
func Replace(b *Baseline, findings []report.Finding, covered func(Entry) bool) *Baseline {
	out := &Baseline{Entries: entries(findings)}
	if b == nil {
		return out
	}
	out.Name = b.Name
	for _, e := range b.Entries {
		same := slices.ContainsFunc(out.Entries, func(o Entry) bool { return o.key() == e.key() })
		if !same && !covered(e) {
			out.Entries = append(out.Entries, e)
		}
	}
	slices.SortFunc(out.Entries, compare)
	return out
}
