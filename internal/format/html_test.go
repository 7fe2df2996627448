package format

import (
	"encoding/base64"
	"encoding/xml"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/loopvet/loopvet/internal/contract"
	"github.com/loopvet/loopvet/internal/effect"
	"github.com/loopvet/loopvet/internal/report"
)

// void are the elements of HTML that have no end tag.
var void = []string{"meta", "input", "br", "hr", "img", "link"}

// wellFormed fails the test unless every element of a page is closed by its own
// end tag, and every id is there once and every link inside the page leads to one.
func wellFormed(t *testing.T, page string) {
	t.Helper()
	// What XML would read differently: the attributes without a value, and the
	// text of scripts and style sheets.
	page = regexp.MustCompile(`(?s)<(script|style)>.*?</(script|style)>`).ReplaceAllString(page, "")
	page = regexp.MustCompile(` (hidden|open|checked)([ >])`).ReplaceAllString(page, ` $1=""$2`)
	page = strings.Replace(page, "<!DOCTYPE html>", "", 1)
	for _, name := range void {
		page = regexp.MustCompile(`<`+name+`((?: [^<>]*)?)>`).ReplaceAllString(page, "<"+name+"$1/>")
	}
	dec := xml.NewDecoder(strings.NewReader(page))
	dec.Entity = xml.HTMLEntity
	ids, links := map[string]int{}, []string{}
	for {
		tok, err := dec.Token()
		if err == io.EOF {
			break
		}
		if err != nil {
			line, _ := dec.InputPos()
			t.Fatalf("line %d: %v", line, err)
		}
		start, ok := tok.(xml.StartElement)
		if !ok {
			continue
		}
		for _, a := range start.Attr {
			switch {
			case a.Name.Local == "id":
				ids[a.Value]++
			case a.Name.Local == "href" && strings.HasPrefix(a.Value, "#"):
				links = append(links, a.Value[1:])
			case a.Name.Local == "src" || start.Name.Local == "link" || a.Name.Local == "style" || strings.HasPrefix(a.Name.Local, "on"):
				t.Errorf("<%s %s=%q>", start.Name.Local, a.Name.Local, a.Value)
			}
		}
	}
	for id, n := range ids {
		if n > 1 {
			t.Errorf("id %s is there %d times", id, n)
		}
	}
	for _, id := range links {
		if ids[id] == 0 {
			t.Errorf("#%s leads nowhere", id)
		}
	}
}

// hostile gives every text of an output markup in it.
func hostile(t *testing.T) *Output {
	const bad = `</script></style><img src=x onerror="alert(1)">'"&`
	o := sample(t)
	o.Version = bad
	for i := range o.Findings {
		f := &o.Findings[i]
		f.Callback.Name += bad
		f.Registration += bad
		f.Assumed = bad
		f.Category += bad
		f.Loop = &contract.Loop{Name: bad, Offload: bad}
		f.Path = slices.Clone(f.Path)
		f.Path[0].Callee += bad
		f.Path[0].In.Name += bad
	}
	o.Suppressed[0].Suppressed.Reason = bad
	o.Errors = []Error{{File: bad, Text: bad}}
	file := o.File
	o.File = func(p effect.Pos) string {
		if p.Pkg == other {
			return "/x/" + bad
		}
		return file(p)
	}
	return o
}

func TestHTML(t *testing.T) {
	for name, o := range map[string]*Output{"sample": sample(t), "hostile": hostile(t), "empty": {Dir: "/", File: func(effect.Pos) string { return "" }, Level: levelName}} {
		t.Run(name, func(t *testing.T) {
			page := written(t, o, "html", false)
			wellFormed(t, page)
			for _, bad := range []string{"<img", "ZgotmplZ", "http://", "<link", "@import", "url("} {
				if strings.Contains(page, bad) {
					t.Errorf("%s is in the page", bad)
				}
			}
			if n := strings.Count(page, "<script"); n != 1 {
				t.Errorf("%d scripts", n)
			}
		})
	}
	page := written(t, sample(t), "html", false)
	for _, want := range []string{
		"<h1>5 findings</h1>",
		`data-level="error" data-kind="lock"`,
		`<h3>os.ReadFile blocks the event loop</h3>`,
		"calls through an interface",
		"Meanwhile the lock is held",
		"2 more callbacks reach this line",
		"Fix: Run it &lt;b&gt;elsewhere&lt;/b&gt;",
		`<span class="row plus">&#43;		work(context.Background())`,
		`<span class="row minus">-		done()`,
		`<mark>os.Remove</mark>(&#34;&lt;script&gt;alert(1)`,
		"2 suppressed findings",
		"ignore: for &lt;now&gt; (app.go:7)",
		`<span class="place">bad.go:3:4</span>`,
		"1 package excluded by build constraints",
	} {
		if !strings.Contains(page, want) {
			t.Errorf("%s is not in the page", want)
		}
	}
	o := sample(t)
	o.Findings = o.Findings[:4]
	if page := written(t, o, "html", false); !strings.Contains(page, "<h1>4 findings in 1 callback</h1>") {
		t.Error("the heading does not count the callbacks")
	}
	// The callback with the error comes first, and its error before its warnings.
	o.Findings[1].Says, o.Findings[1].Callback.Name = report.OwnPool, "other"
	if page := written(t, o, "html", false); !strings.Contains(page, "<h1>4 findings in 1 callback and 1 task</h1>") || !strings.Contains(page, "<h2>Callbacks and tasks</h2>") {
		t.Error("the heading does not count the tasks")
	}
	slices.Reverse(o.Findings)
	o.Findings = append([]report.Finding{report.OfBaseline("/x", 1, "y")}, o.Findings...)
	page = written(t, o, "html", false)
	i, j, k := strings.Index(page, `data-kind="lock"`), strings.Index(page, `data-kind="file"`), strings.Index(page, `data-kind="baseline"`)
	if i < 0 || j < i || k < j {
		t.Errorf("the error is at %d, a warning of its callback at %d, another at %d", i, j, k)
	}
}

func TestPageLines(t *testing.T) {
	o := sample(t)
	lines := o.pageLines(effect.Pos{Pkg: home, File: "app.go", Line: 8, Col: 3})
	if len(lines) != 5 || lines[0].N != 6 || lines[0].Before != "\tl.Post(func() {" {
		t.Fatalf("got %+v", lines)
	}
	if hit := lines[2]; !hit.Hit || hit.Mark != "done" || hit.After != "()" {
		t.Errorf("got %+v", hit)
	}
	for _, p := range []effect.Pos{{Pkg: home, File: "gone.go", Line: 1, Col: 1}, {Pkg: home, File: "app.go", Line: 99, Col: 1}, {Pkg: home, File: "app.go"}} {
		if got := o.pageLines(p); got != nil {
			t.Errorf("pageLines(%v) = %+v", p, got)
		}
	}
	// What all lines are indented by is left out, and blank lines at the ends.
	deep := "\n\n\t\tif x {\n\n\t\t\tf()\n\t\t}\n\n"
	if err := os.WriteFile(filepath.Join(o.Dir, "deep.go"), []byte(deep), 0o666); err != nil {
		t.Fatal(err)
	}
	want := []pageLine{{N: 3, Before: "if x {"}, {N: 4}, {N: 5, Before: "\t", Mark: "f", After: "()", Hit: true}, {N: 6, Before: "}"}}
	if got := o.pageLines(effect.Pos{Pkg: home, File: "deep.go", Line: 5, Col: 4}); !slices.Equal(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
	// A column behind the end of its line marks nothing.
	if got := o.pageLines(effect.Pos{Pkg: home, File: "app.go", Line: 8, Col: 300}); len(got) != 5 || got[2].Mark != "" {
		t.Errorf("got %+v", got)
	}
}

// probe looks at the page from inside, after its own script, and leaves what it
// saw on the root element.
const probe = `<script>
const root = document.documentElement, say = (k, v) => root.setAttribute("data-" + k, v);
const shown = () => [...document.querySelectorAll(".group .finding")].filter(f => f.offsetParent).length;
say("wide", root.scrollWidth > root.clientWidth);
say("filters", !document.getElementById("filters").hidden);
say("all", shown());
const pick = (name, value) => document.querySelector("input[name=" + name + "][value=" + value + "]").click();
pick("kind", "lock");
say("lock", shown());
pick("level", "warning");
say("nothing", shown() + " " + !document.getElementById("none").hidden);
pick("kind", "lock");
say("warning", shown());
pick("level", "warning");
say("again", shown());
</script>`

// chromium runs the browser on a page and returns the document that it ends
// with.
func chromium(t *testing.T, page string, args ...string) string {
	t.Helper()
	bin := ""
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			bin = path
			break
		}
	}
	if bin == "" && os.Getenv("LOOPVET_FULL") != "" {
		t.Fatal("there is no chromium")
	}
	if bin == "" {
		t.Skip("there is no chromium")
	}
	dir := t.TempDir()
	name := filepath.Join(dir, "page.html")
	if err := os.WriteFile(name, []byte(page), 0o666); err != nil {
		t.Fatal(err)
	}
	args = append([]string{"--headless", "--disable-gpu", "--hide-scrollbars", "--no-first-run", "--user-data-dir=" + filepath.Join(dir, "profile")}, args...)
	if os.Geteuid() == 0 {
		args = append(args, "--no-sandbox")
	}
	cmd := exec.Command(bin, append(args, "file://"+filepath.ToSlash(name))...)
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v", err)
	}
	return string(out)
}

var rootRE = regexp.MustCompile(`<html[^>]*>`)

// The page in a browser: its script and style are allowed by its own policy, the
// filters work, and nothing is wider than the window.
func TestBrowser(t *testing.T) {
	if testing.Short() {
		t.Skip("starts a browser several times")
	}
	page := written(t, sample(t), "html", false)
	policy := regexp.MustCompile(`<meta http-equiv="Content-Security-Policy"[^>]*>`)
	if !policy.MatchString(page) {
		t.Fatal("the page has no policy")
	}
	probed := strings.Replace(policy.ReplaceAllString(page, ""), "</body>", probe+"</body>", 1)
	for name, doc := range map[string]string{"window": probed, "telephone": frame(probed)} {
		root := rootRE.FindString(chromium(t, doc, "--dump-dom", "--window-size=1280,1600"))
		for _, want := range []string{`data-wide="false"`, `data-filters="true"`, `data-all="5"`, `data-lock="1"`, `data-nothing="0 true"`, `data-warning="3"`, `data-again="5"`} {
			if !strings.Contains(root, want) {
				t.Errorf("%s: no %s in %s", name, want, root)
			}
		}
	}
	// With its policy in force, the page's own script runs.
	if dom := chromium(t, page, "--dump-dom"); !strings.Contains(dom, `id="filters">`) {
		t.Error("the policy stops the script")
	}
	// What others put into it does not.
	if dom := chromium(t, written(t, hostile(t), "html", false), "--dump-dom"); strings.Contains(dom, "<img") {
		t.Error("markup in names is markup in the page")
	}
	// Without its script, all findings are there and no filters.
	bare := regexp.MustCompile(`(?s)<script>.*?</script>`).ReplaceAllString(policy.ReplaceAllString(page, ""), "")
	bare = strings.Replace(bare, "</body>", `<script>document.documentElement.setAttribute("data-all",
		[...document.querySelectorAll(".group .finding")].filter(f => f.offsetParent).length + " " + document.getElementById("filters").offsetHeight)</script></body>`, 1)
	if root := rootRE.FindString(chromium(t, bare, "--dump-dom")); !strings.Contains(root, `data-all="5 0"`) {
		t.Errorf("without its script: %s", root)
	}
	for name, doc := range map[string]string{"desktop": page, "telephone": frame(page)} {
		shot := filepath.Join(t.ArtifactDir(), name+".png")
		chromium(t, doc, "--window-size=1280,1600", "--screenshot="+shot)
		if info, err := os.Stat(shot); err != nil || info.Size() < 10_000 {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// frame shows a page as wide as a telephone, which a window cannot be, and
// hands up what the page leaves on its root element.
func frame(page string) string {
	return `<!DOCTYPE html><html><body style="margin:0"><iframe id="f" style="width:360px;height:1500px;border:0"></iframe><script>
const f = document.getElementById("f");
f.onload = () => { for (const a of f.contentDocument.documentElement.attributes) document.documentElement.setAttribute(a.name, a.value) };
f.srcdoc = new TextDecoder().decode(Uint8Array.from(atob("` + base64.StdEncoding.EncodeToString([]byte(page)) + `"), c => c.charCodeAt(0)));
</script></body></html>`
}
