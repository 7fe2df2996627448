package effect

import (
	"encoding/binary"
	"hash/crc32"
)

// Sealed returns data with the checksum that a fact has before it.
func Sealed(data []byte) []byte {
	return append(binary.LittleEndian.AppendUint32(nil, crc32.ChecksumIEEE(data)), data...)
}

// Load is load.
func (f *Fact) Load() error { return f.load() }

// Fresh returns a fact like f that is to be encoded anew.
func (f *Fact) Fresh() *Fact {
	g := *f
	g.encoded = nil
	return &g
}

// Summaries returns what there is to say of the functions of the package, by name.
func (p *Package) Summaries() map[string]*Summary {
	c := closer{pkg: p, fact: &Fact{Funcs: map[Sym]*Summary{}}}
	for _, fn := range p.order {
		c.own(fn)
	}
	for sym, d := range p.Directives {
		if c.fact.Funcs[sym] == nil {
			c.fact.Funcs[sym] = p.declared(d, sym, nil)
		}
	}
	all := map[string]*Summary{}
	for sym, s := range c.fact.Funcs {
		all[sym.Name] = s
	}
	return all
}
