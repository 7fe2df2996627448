// Package linear computes for as long as its input is, told on request. // want package:"effects"
package linear

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"regexp"
	"slices"
	"sort"
	"strconv"
	"strings"

	"github.com/loopvet/loopvet/runtime/loop"
)

var word = regexp.MustCompile(`\w+`) // ok: when the program starts

func encode(l *loop.Loop, v any, b []byte) {
	l.NextTick(func() {
		json.Unmarshal(b, &v) // want `json.Unmarshal blocks the event loop \(cpu\)`
		strconv.Atoi("1")     // ok: cheap
	})
	l.NextTick(func() {
		json.NewEncoder(new(bytes.Buffer)).Encode(v) // want `\(\*json.Encoder\).Encode blocks the event loop \(cpu\)`
		json.NewEncoder(new(bytes.Buffer))           // ok: nothing is encoded yet
	})
	l.NextTick(func() {
		base64.StdEncoding.EncodeToString(b)          // want `\(\*base64.Encoding\).EncodeToString blocks the event loop \(cpu\)`
		_ = base64.StdEncoding.EncodedLen(len(b)) + 1 // ok: cheap
	})
	l.NextTick(func() {
		sha256.Sum256(b)    // want `sha256.Sum256 blocks the event loop \(cpu\)`
		bytes.TrimSpace(b)  // ok: cheap
		bytes.Equal(b, nil) // ok: cheap
	})
}

func order(l *loop.Loop, names []string) {
	l.NextTick(func() {
		sort.Slice(names, func(i, j int) bool { return names[i] < names[j] }) // want `sort.Slice blocks the event loop \(cpu\)`
		sort.SearchStrings(names, "x")                                        // ok: logarithmic
	})
	l.NextTick(func() {
		slices.Sort(names)              // want `slices.Sort blocks the event loop \(cpu\)`
		slices.BinarySearch(names, "x") // ok: logarithmic
	})
	l.NextTick(func() {
		go slices.Sort(names) // ok: on a goroutine
	})
}

func match(l *loop.Loop, s string) {
	l.NextTick(func() {
		word.MatchString(s)        // want `\(\*regexp.Regexp\).MatchString blocks the event loop \(cpu\)`
		strings.HasPrefix(s, "x")  // ok: cheap
		_ = word.NumSubexp() == 10 // ok: cheap
	})
	l.NextTick(func() {
		word.ReplaceAllString(s, "x") // want `\(\*regexp.Regexp\).ReplaceAllString blocks the event loop \(cpu\)`
		_ = word.String()             // ok: in memory
	})
}
