package lsp

import (
	"strings"
	"testing"
)

func TestSettingFlags(t *testing.T) {
	for _, test := range []struct{ settings, flags, err string }{
		{``, "", ""},
		{`null`, "", ""},
		{`{}`, "", ""},
		{`{"level": "info", "tests": true, "pools": false, "tags": "a,b"}`, "-level=info -pools=false -tags=a,b -tests=true", ""},
		{`{"tags": ["a", "b"], "kinds": ["file", "net"], "contracts": ["a.yaml", "b.yaml"]}`, "-contracts=a.yaml -contracts=b.yaml -kinds=file,net -tags=a,b", ""},
		{`{"baseline": "known.txt", "budget": "5ms", "contracts": "a.yaml"}`, "-baseline=known.txt -budget=5ms -contracts=a.yaml", ""},
		{`{"loopvet": {"level": "info"}, "gopls": {"x": 1}}`, "-level=info", ""},
		{`{"loopvet": null}`, "", ""},
		{`{"level": null, "kinds": []}`, "", ""},
		{`[]`, "", `want an object, such as {"level": "info"}`},
		{`{"loopvet": 1}`, "", `want an object, such as {"level": "info"}`},
		{`{"level": 1}`, "", "level: want a string, not 1"},
		{`{"tests": "yes"}`, "", `tests: want true or false, not "yes"`},
		{`{"kinds": [1, {"a": 2}]}`, "", `kinds: want a list of strings, not [1,{"a":2}]`},
		{`{"kinds": {"a": "` + strings.Repeat("x", 80) + `"}}`, "", "kinds: want a list of strings, not what is given"},
		{`{"b": 1, "a": 1}`, "", `no setting is called "a"; there are baseline budget contracts kinds level pools tags tests`},
	} {
		flags, err := settingFlags([]byte(test.settings))
		text := ""
		if err != nil {
			text = err.Error()
		}
		if got := strings.Join(flags, " "); got != test.flags || text != test.err {
			t.Errorf("settingFlags(%s) = %q, %q; want %q, %q", test.settings, got, text, test.flags, test.err)
		}
	}
}
