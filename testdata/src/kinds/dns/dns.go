// Package dns asks for names on the loop. // want package:"effects"
package dns

import (
	"context"
	"net"
	"net/netip"

	"github.com/loopvet/loopvet/runtime/loop"
)

func names(ctx context.Context, l *loop.Loop, r *net.Resolver) {
	l.SetImmediate(func() {
		net.LookupTXT("example.com") // want `net.LookupTXT blocks the event loop \(dns\)`
	})
	l.SetImmediate(func() {
		netip.ParseAddr("::1") // ok: computes
	})
	l.SetImmediate(func() {
		net.LookupAddr("192.0.2.1") // want `net.LookupAddr blocks the event loop \(dns\)`
	})
	l.SetImmediate(func() {
		net.SplitHostPort("example.com:80") // ok: computes
	})
	l.SetImmediate(func() {
		net.ResolveTCPAddr("tcp", "example.com:80") // want `net.ResolveTCPAddr may block the event loop \(dns\)`
	})
	l.SetImmediate(func() {
		net.ParseCIDR("192.0.2.0/24") // ok: computes
	})
	l.SetImmediate(func() {
		r.LookupNetIP(ctx, "ip", "example.com") // want `\(\*net.Resolver\).LookupNetIP blocks the event loop \(dns\)`
	})
	l.SetImmediate(func() {
		go r.LookupNetIP(ctx, "ip", "example.com") // ok: on a goroutine
	})
}
