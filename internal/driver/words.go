package driver

import (
	"bytes"
	"os"
	"slices"
	"sync"

	"github.com/loopvet/loopvet/internal/directive"
)

// A wordSet knows which identifiers occur in the source of a package, outside
// of comments and string literals. It is filled on first use.
type wordSet struct {
	once      sync.Once
	hashes    []uint64 // sorted
	directive struct {
		once              sync.Once
		declares, silence bool
	}
}

// mentions reports whether the identifier name occurs in the package's source.
func (p *pkg) mentions(name string) bool {
	p.words.once.Do(func() {
		set := map[uint64]struct{}{}
		for _, file := range p.files() {
			if src, err := os.ReadFile(file); err == nil {
				scanWords(src, func(word []byte) { set[hashWord(word)] = struct{}{} })
			}
		}
		hashes := make([]uint64, 0, len(set))
		for h := range set {
			hashes = append(hashes, h)
		}
		slices.Sort(hashes)
		p.words.hashes = hashes
	})
	_, ok := slices.BinarySearch(p.words.hashes, hashWord([]byte(name)))
	return ok
}

// hasDirective reports whether a //loopvet: directive that declares something
// may stand in the package's source.
func (p *pkg) hasDirective() bool {
	p.findDirectives()
	return p.words.directive.declares
}

// silences reports whether a comment that silences findings may stand in the
// package's source.
func (p *pkg) silences() bool {
	p.findDirectives()
	return p.words.directive.silence
}

func (p *pkg) findDirectives() {
	d := &p.words.directive
	d.once.Do(func() {
		for _, file := range p.files() {
			if src, err := os.ReadFile(file); err == nil {
				all := bytes.Count(src, []byte("//loopvet:"))
				d.declares = d.declares || all > bytes.Count(src, []byte("//loopvet:ignore"))
				d.silence = d.silence || directive.Mentions(string(src))
			}
		}
	})
}

// hashWord is FNV-1a. A collision would cost a look into one package too many.
func hashWord(word []byte) uint64 {
	h := uint64(14695981039346656037)
	for _, c := range word {
		h = (h ^ uint64(c)) * 1099511628211
	}
	return h
}

// scanWords calls f for each identifier and keyword of a Go source file.
func scanWords(src []byte, f func(word []byte)) {
	for i := 0; i < len(src); {
		switch c := src[i]; {
		case isLetter(c):
			start := i
			for i++; i < len(src) && (isLetter(src[i]) || isDigit(src[i])); i++ {
			}
			f(src[start:i])
		case isDigit(c):
			// A number, and the letters in it.
			for i++; i < len(src) && (isLetter(src[i]) || isDigit(src[i])); i++ {
			}
		case c == '/' && i+1 < len(src) && src[i+1] == '/':
			n := bytes.IndexByte(src[i:], '\n')
			if n < 0 {
				return
			}
			i += n
		case c == '/' && i+1 < len(src) && src[i+1] == '*':
			n := bytes.Index(src[i+2:], []byte("*/"))
			if n < 0 {
				return
			}
			i += n + 4
		case c == '`':
			n := bytes.IndexByte(src[i+1:], '`')
			if n < 0 {
				return
			}
			i += n + 2
		case c == '"' || c == '\'':
			for i++; i < len(src) && src[i] != c && src[i] != '\n'; i++ {
				if src[i] == '\\' {
					i++
				}
			}
			i++
		default:
			i++
		}
	}
}

func isLetter(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || c == '_' || c >= 0x80
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }
