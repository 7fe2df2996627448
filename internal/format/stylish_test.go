package format

import (
	"regexp"
	"strings"
	"testing"
)

const stylishWant = `app.go
  7:21  warning  os.Remove blocks the event loop (file)
        callback of (Loop).Post  app.go:6:9
        -> os.Remove  app.go:7:21
        offload it with Loop.Work

lib/lib.go
  5:26  warning  os.ReadFile blocks the event loop (file)
        callback of (Loop).Post  app.go:6:9
        -> done  app.go:8:3
        -> lib.Load  app.go:12:6
        -> os.ReadFile  lib/lib.go:5:26
        2 more callbacks reach this line
        1 further way leads here
        offload it with Loop.Work

app.go
  8:3  error  (*sync.Mutex).Lock may block the event loop (lock)
       callback of (Loop).Post  app.go:6:9
       -> (*sync.Mutex).Lock  app.go:8:3
       meanwhile the lock is held in hold
       -> os.ReadFile  app.go:12:1
       offload it with Loop.Work
`

func TestStylish(t *testing.T) {
	o := sample(t)
	o.Findings = o.Findings[:3]
	const last = "\n3 findings (1 error, 2 warnings), 2 suppressed\n"
	plain := strings.ReplaceAll(written(t, o, "stylish", false), `\`, "/")
	if plain != stylishWant+last {
		t.Errorf("got\n%s", plain)
	}
	color := written(t, o, "stylish", true)
	if !strings.Contains(color, "\x1b[31merror\x1b[0m") || !strings.Contains(color, "\x1b[33mwarning\x1b[0m") {
		t.Errorf("got %q", color)
	}
	if got := regexp.MustCompile("\x1b\\[[0-9]+m").ReplaceAllString(color, ""); strings.ReplaceAll(got, `\`, "/") != plain {
		t.Errorf("colour changes the text:\n%s", got)
	}
}
