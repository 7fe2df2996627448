package lsp

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// The settings of a client are the flags of the command that say what is found,
// by their names. A list may be an array or, where there is one value, a string.
var settingNames = []struct {
	name string
	kind string // of its value in JSON
}{
	{"baseline", "a string"},
	{"budget", "a string"},
	{"contracts", "a list of strings"},
	{"kinds", "a list of strings"},
	{"level", "a string"},
	{"pools", "true or false"},
	{"tags", "a list of strings"},
	{"tests", "true or false"},
}

// section is the key under which clients keep the settings of several servers.
const section = "loopvet"

// settingFlags returns the flags that a client's settings stand for, in a fixed
// order. The settings may be the value of a key named after the server; null, or
// nothing, is no settings.
func settingFlags(data json.RawMessage) ([]string, error) {
	if len(data) == 0 || string(data) == "null" {
		return nil, nil
	}
	values := map[string]json.RawMessage{}
	if err := json.Unmarshal(data, &values); err != nil {
		return nil, errors.New("want an object, such as {\"level\": \"info\"}")
	}
	if inner, ok := values[section]; ok {
		return settingFlags(inner)
	}
	var flags []string
	for _, s := range settingNames {
		value, ok := values[s.name]
		delete(values, s.name)
		if !ok || string(value) == "null" {
			continue
		}
		more, err := flagsOf(s.name, s.kind, value)
		if err != nil {
			return nil, err
		}
		flags = append(flags, more...)
	}
	unknown := make([]string, 0, len(values))
	for name := range values {
		unknown = append(unknown, name)
	}
	if len(unknown) > 0 {
		var names []string
		for _, s := range settingNames {
			names = append(names, s.name)
		}
		return nil, fmt.Errorf("no setting is called %q; there are %s", slices.Min(unknown), strings.Join(names, " "))
	}
	return flags, nil
}

// concernsUs reports whether some of the values are settings of this server.
func concernsUs(values map[string]json.RawMessage) bool {
	for _, s := range settingNames {
		if _, ok := values[s.name]; ok {
			return true
		}
	}
	_, ok := values[section]
	return ok
}

func flagsOf(name, kind string, value json.RawMessage) ([]string, error) {
	wrong := fmt.Errorf("%s: want %s, not %s", name, kind, short(value))
	flag := "-" + name + "="
	switch kind {
	case "true or false":
		var v bool
		if json.Unmarshal(value, &v) != nil {
			return nil, wrong
		}
		return []string{fmt.Sprintf("%s%t", flag, v)}, nil
	case "a string":
		var v string
		if json.Unmarshal(value, &v) != nil {
			return nil, wrong
		}
		return []string{flag + v}, nil
	}
	var list []string
	var one string
	if json.Unmarshal(value, &one) == nil {
		list = []string{one}
	} else if json.Unmarshal(value, &list) != nil {
		return nil, wrong
	}
	var flags []string
	switch {
	case name == "contracts": // a flag for each
		for _, v := range list {
			flags = append(flags, flag+v)
		}
	case len(list) > 0:
		flags = []string{flag + strings.Join(list, ",")}
	}
	return flags, nil
}

// short returns a value as a message shows it.
func short(value json.RawMessage) string {
	const most = 40
	var b bytes.Buffer
	if json.Compact(&b, value) != nil || b.Len() > most {
		return "what is given"
	}
	return b.String()
}
