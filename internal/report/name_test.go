package report

import "testing"

func TestShortCallee(t *testing.T) {
	for _, tt := range []struct{ full, home, want string }{
		{"os.ReadFile", "example.com/app", "os.ReadFile"},
		{"example.com/app.run", "example.com/app", "run"},
		{"example.com/app/config.Load", "example.com/app", "config.Load"},
		{"(*example.com/app.Server).reload", "example.com/app", "(*Server).reload"},
		{"(*example.com/app.Server).reload", "example.com/app/cmd", "(*app.Server).reload"},
		{"(*github.com/loopvet/loopvet/runtime/loop.Loop).SetTimeout", "m", "(*loop.Loop).SetTimeout"},
		{"(github.com/panjf2000/gnet/v2.Engine).Stop", "m", "(gnet.Engine).Stop"},
		{"(*github.com/charmbracelet/bubbletea.Program).Send", "m", "(*tea.Program).Send"},
		{"charm.land/bubbletea/v2.Batch", "m", "tea.Batch"},
		{"(github.com/eclipse/paho.mqtt.golang.Token).Wait", "m", "(mqtt.Token).Wait"},
		{"gopkg.in/yaml.v3.Unmarshal", "m", "yaml.Unmarshal"},
		{"(*github.com/nats-io/nats.go.Conn).Flush", "m", "(*nats.Conn).Flush"},
		{"(*github.com/redis/go-redis/v9.Client).Get", "m", "(*redis.Client).Get"},
		{"(*github.com/mattn/go-sqlite3.Conn).Get", "m", "(*sqlite3.Conn).Get"},
		{"slices.SortFunc[[]example.com/app.T]", "m", "slices.SortFunc"},
		{"(*example.com/app.Map[K, V]).Get", "example.com/app", "(*Map).Get"},
		{"example.com/app.run$1", "example.com/app", "func literal in run"},
		{"(*example.com/app.Server).reload$2$1", "example.com/app", "func literal in (*Server).reload"},
		{"channel send", "m", "channel send"},
		{"select", "m", "select"},
		{"m.F", "m", "F"},
		{"(error).Error", "m", "(error).Error"},
		// A second pass changes nothing.
		{"(*loop.Loop).SetTimeout", "m", "(*loop.Loop).SetTimeout"},
	} {
		if got := ShortCallee(tt.full, tt.home); got != tt.want {
			t.Errorf("ShortCallee(%q, %q) = %q, want %q", tt.full, tt.home, got, tt.want)
		}
	}
	for full, want := range map[string]string{
		"callback of example.com/ui.Options.OnResize":   "callback of ui.Options.OnResize",
		"callback of example.com/yaml.v3.Marshal":       "callback of yaml.Marshal",
		"callback of example.com/home.Options.OnResize": "callback of Options.OnResize",
	} {
		if got := Shorten(full, "example.com/home"); got != want {
			t.Errorf("Shorten(%q) = %q, want %q", full, got, want)
		}
	}
	const reg, want = "callback of (*github.com/loopvet/loopvet/runtime/loop.Loop).SetTimeout", "callback of (*loop.Loop).SetTimeout"
	if got := Shorten(reg, "m"); got != want {
		t.Errorf("Shorten(%q) = %q, want %q", reg, got, want)
	}
}
