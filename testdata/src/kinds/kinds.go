// Package kinds has one callback for each kind of effect. // want package:"effects"
package kinds

import (
	"bytes"
	"compress/gzip"
	"crypto/rand"
	"crypto/rsa"
	"database/sql"
	"encoding/json"
	"log"
	"net"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"runtime"
	"runtime/debug"
	"sync"
	"time"

	"github.com/loopvet/loopvet/runtime/loop"
)

func effect(pattern string) *regexp.Regexp {
	return regexp.MustCompile(pattern) // want `regexp.MustCompile blocks the event loop \(cpu\): callback of \(\*loop.Loop\).NextTick -> effect -> regexp.MustCompile; offload it with loop.QueueWork`
}

var compiled = regexp.MustCompile("once") // ok: when the program starts

func kinds(l *loop.Loop, wg *sync.WaitGroup, db *sql.DB) {
	l.NextTick(func() {
		time.Sleep(time.Second) // want `time.Sleep blocks the event loop \(sleep\)`
	})
	l.NextTick(func() {
		time.AfterFunc(time.Second, func() {}) // ok: it waits elsewhere
	})
	l.NextTick(func() {
		wg.Wait() // want `\(\*sync.WaitGroup\).Wait blocks the event loop \(wait\)`
	})
	l.NextTick(func() {
		wg.Done() // ok: it waits for nobody
	})
	l.NextTick(func() {
		os.WriteFile("x", nil, 0o644) // want `os.WriteFile blocks the event loop \(file\)`
	})
	l.NextTick(func() {
		os.Getenv("x") // ok: in memory
	})
	l.NextTick(func() {
		os.Stat("x") // want `os.Stat blocks the event loop \(file-meta\)`
	})
	l.NextTick(func() {
		net.Dial("tcp", "example.com:80") // want `net.Dial blocks the event loop \(net\)`
	})
	l.NextTick(func() {
		net.ParseIP("::1") // ok: computes
	})
	l.NextTick(func() {
		net.LookupHost("example.com") // want `net.LookupHost blocks the event loop \(dns\)`
	})
	l.NextTick(func() {
		net.JoinHostPort("example.com", "80") // ok: computes
	})
	l.NextTick(func() {
		exec.Command("git", "gc").Run() // want `\(\*exec.Cmd\).Run blocks the event loop \(exec\)`
	})
	l.NextTick(func() {
		_ = exec.Command("/usr/bin/git", "gc").String() // ok: it is not run
	})
	l.NextTick(func() {
		db.Query("SELECT 1") // want `\(\*sql.DB\).Query blocks the event loop \(db\)`
	})
	l.NextTick(func() {
		db.Stats() // ok: in memory
	})
	l.NextTick(func() {
		effect("a+") // ok: the finding stands in effect
		compiled.MatchString("x")
	})
	l.NextTick(func() {
		rsa.GenerateKey(rand.Reader, 2048) // want `rsa.GenerateKey blocks the event loop \(cpu\)`
	})
	l.NextTick(func() {
		json.Marshal(compiled) // ok: linear work is told on request
	})
	l.NextTick(func() {
		runtime.GC() // want `runtime.GC blocks the event loop \(gc\)`
	})
	l.NextTick(func() {
		debug.SetGCPercent(50) // want `debug.SetGCPercent blocks the event loop \(gc\)`
	})
	l.NextTick(func() {
		runtime.NumGoroutine() // ok: a counter
	})
	l.NextTick(func() {
		http.ListenAndServe(":80", nil) // want `http.ListenAndServe blocks the event loop \(forever\)`
	})
	l.NextTick(func() {
		http.HandleFunc("/", func(http.ResponseWriter, *http.Request) {
			os.ReadFile("x") // ok: on the server's goroutines
		})
	})
	l.NextTick(func() {
		log.Print("x") // ok: console writes are told on request
	})
	l.NextTick(func() {
		gzip.NewWriter(new(bytes.Buffer)).Write(nil) // want `\(\*gzip.Writer\).Write blocks the event loop \(cpu\)`
	})
	l.NextTick(func() {
		new(bytes.Buffer).Write(nil) // ok: in memory
	})
}
