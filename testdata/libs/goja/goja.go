// Package goja holds funcs on the event loop of goja_nodejs. // want package:"effects"
package goja

import (
	"net/http"
	"os"
	"time"

	"github.com/dop251/goja"
	"github.com/dop251/goja_nodejs/eventloop"
)

func run(l *eventloop.EventLoop) {
	l.Start()
	l.RunOnLoop(func(vm *goja.Runtime) {
		vm.Set("read", os.Getenv("x")) // ok: memory
		os.ReadFile("x")               // want `os.ReadFile blocks the event loop \(file\)`
		l.Stop()                       // want `\(\*eventloop.EventLoop\).Stop waits for the loop it runs on: deadlock \(reentry\)`
		l.StopNoWait()                 // ok: waits for nobody
		go l.Stop()                    // ok: on a goroutine of its own
		go func() {
			data, err := os.ReadFile("x") // ok: on a goroutine of its own
			if err != nil {
				return
			}
			l.RunOnLoop(func(vm *goja.Runtime) { // ok: queued
				vm.Set("data", string(data)) // ok: memory
				os.Remove("x")               // want `os.Remove blocks the event loop \(file\)`
			})
		}()
	})
	l.SetTimeout(func(*goja.Runtime) { // ok: queued
		http.Get("http://example.com") // want `http.Get blocks the event loop \(net\)`
	}, time.Second)
	l.SetInterval(tick, time.Second)
	l.Stop() // ok: not on the loop
}

func tick(vm *goja.Runtime) {
	time.Sleep(time.Second) // want `time.Sleep blocks the event loop \(sleep\): callback of \(\*eventloop.EventLoop\).SetInterval -> tick -> time.Sleep`
}

func inline() {
	l := eventloop.NewEventLoop()
	l.Run(func(vm *goja.Runtime) {
		l.Terminate()    // want `\(\*eventloop.EventLoop\).Terminate waits for the loop it runs on: deadlock \(reentry\)`
		go l.Terminate() // ok: on a goroutine of its own
	})
}
