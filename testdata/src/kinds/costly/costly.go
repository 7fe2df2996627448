// Package costly computes for long on the loop. // want package:"effects"
package costly

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"crypto/pbkdf2"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"go/format"
	"html/template"
	"image"
	"image/png"
	"regexp"
	"sort"
	"strings"

	"github.com/loopvet/loopvet/runtime/loop"
)

var word = regexp.MustCompile(`\w+`) // ok: when the program starts

func patterns(l *loop.Loop, pattern string) {
	l.NextTick(func() {
		regexp.Compile(pattern) // want `regexp.Compile blocks the event loop \(cpu\)`
	})
	l.NextTick(func() {
		regexp.QuoteMeta(pattern) // ok: cheap
	})
	l.NextTick(func() {
		regexp.MatchString(pattern, "x") // want `regexp.MatchString blocks the event loop \(cpu\)`
	})
	l.NextTick(func() {
		word.MatchString("x") // ok: compiled already
	})
	l.NextTick(func() {
		template.Must(template.New("x").Parse(pattern)) // want `\(\*template.Template\).Parse blocks the event loop \(cpu\)`
	})
	l.NextTick(func() {
		template.HTMLEscapeString(pattern) // ok: cheap
	})
	l.NextTick(func() {
		format.Source([]byte(pattern)) // want `format.Source blocks the event loop \(cpu\)`
	})
	l.NextTick(func() {
		strings.Fields(pattern) // ok: cheap
	})
}

func keys(l *loop.Loop, key *rsa.PrivateKey, sum []byte) {
	l.NextTick(func() {
		key.Sign(rand.Reader, sum, nil) // want `\(\*rsa.PrivateKey\).Sign blocks the event loop \(cpu\)`
	})
	l.NextTick(func() {
		key.Public() // ok: in memory
	})
	l.NextTick(func() {
		pbkdf2.Key(sha256.New, "secret", sum, 1<<16, 32) // want `pbkdf2.Key blocks the event loop \(cpu\)`
	})
	l.NextTick(func() {
		sha256.Sum256(sum) // ok: linear work is told on request
	})
	l.NextTick(func() {
		sort.Slice(sum, func(i, j int) bool {
			return regexp.MustCompile("a").Match(sum[i:j]) // want `regexp.MustCompile blocks the event loop \(cpu\): .* -> sort.Slice -> `
		})
	})
	l.NextTick(func() {
		sort.Slice(sum, func(i, j int) bool { return sum[i] < sum[j] }) // ok: linear work is told on request
	})
}

func images(l *loop.Loop, b []byte, img image.Image, out *bytes.Buffer) {
	l.NextTick(func() {
		png.Decode(bytes.NewReader(b)) // want `png.Decode blocks the event loop \(cpu\)`
	})
	l.NextTick(func() {
		png.DecodeConfig(bytes.NewReader(b)) // ok: the header only
	})
	l.NextTick(func() {
		png.Encode(out, img) // want `png.Encode blocks the event loop \(cpu\)`
	})
	l.NextTick(func() {
		_ = img.Bounds() // ok: in memory
	})
}

func compression(l *loop.Loop, b []byte, out *bytes.Buffer) {
	l.NextTick(func() {
		w := zlib.NewWriter(out)
		w.Write(b) // want `\(\*zlib.Writer\).Write blocks the event loop \(cpu\)`
	})
	l.NextTick(func() {
		zlib.NewWriter(out) // ok: nothing is written yet
	})
	l.NextTick(func() {
		w, _ := flate.NewWriter(out, 1)
		w.Flush() // want `\(\*flate.Writer\).Flush blocks the event loop \(cpu\)`
	})
	l.NextTick(func() {
		r, _ := gzip.NewReader(bytes.NewReader(b))
		r.Read(nil) // ok: linear work is told on request
	})
}
