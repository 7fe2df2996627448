// Package js holds funcs that JavaScript calls. // want package:"effects"
package js

import (
	"io"
	"net/http"
	"syscall/js"
	"time"
)

func register() {
	js.Global().Set("fetch", js.FuncOf(func(js.Value, []js.Value) any {
		res, err := http.Get("https://example.com") // want `http.Get waits for the loop it runs on: deadlock \(reentry\)`
		if err != nil {
			return nil // ok: memory
		}
		return res.Status
	}))
	js.Global().Set("pause", js.FuncOf(func(js.Value, []js.Value) any {
		time.Sleep(time.Second) // want `time.Sleep waits for the loop it runs on: deadlock \(reentry\)`
		return nil
	}))
	js.Global().Set("await", js.FuncOf(func(this js.Value, args []js.Value) any {
		done := make(chan js.Value, 1)
		args[0].Call("then", js.FuncOf(func(_ js.Value, args []js.Value) any {
			done <- args[0] // ok: has room
			return nil
		}))
		return <-done // want `a channel receive may block the event loop \(chan\)`
	}))
	js.Global().Set("promise", js.FuncOf(func(js.Value, []js.Value) any {
		return js.Global().Get("Promise").New(js.FuncOf(func(_ js.Value, args []js.Value) any {
			go func() {
				res, err := http.Get("https://example.com") // ok: on a goroutine of its own
				if err != nil {
					args[1].Invoke(err.Error())
					return
				}
				data, _ := io.ReadAll(res.Body) // ok: on a goroutine of its own
				dst := js.Global().Get("Uint8Array").New(len(data))
				js.CopyBytesToJS(dst, data) // ok: below the level
				args[0].Invoke(dst)
			}()
			return nil // ok: at once
		}))
	}))
	time.Sleep(time.Second) // ok: not on the loop
}
