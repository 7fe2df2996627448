// Package tview holds handlers of tview. // want package:"effects"
package tview

import (
	"io"
	"net/http"
	"os"
	"os/exec"
	"time"

	"github.com/gdamore/tcell/v2"
	"github.com/rivo/tview"
)

type ui struct {
	app  *tview.Application
	text *tview.TextView
	list *tview.List
}

func (u *ui) build() {
	u.app.SetInputCapture(func(e *tcell.EventKey) *tcell.EventKey {
		switch e.Key() {
		case tcell.KeyF1:
			u.app.QueueUpdateDraw(func() {}) // want `\(\*tview.Application\).QueueUpdateDraw waits for the loop it runs on: deadlock \(reentry\)`
		case tcell.KeyF2:
			go u.app.QueueUpdateDraw(func() { // ok: on a goroutine of its own
				os.Remove("x") // want `os.Remove blocks the event loop \(file\)`
			})
		case tcell.KeyF3:
			u.app.Draw() // want `\(\*tview.Application\).Draw waits for the loop it runs on: deadlock \(reentry\)`
		case tcell.KeyF4:
			u.app.ForceDraw() // ok: draws here
		case tcell.KeyF5:
			u.app.Suspend(func() {
				cmd := exec.Command("vi")
				cmd.Stdin, cmd.Stdout = os.Stdin, os.Stdout
				cmd.Run() // ok: the terminal is handed over
			})
		case tcell.KeyF6:
			exec.Command("make").Run() // want `\(\*exec.Cmd\).Run blocks the event loop \(exec\)`
		case tcell.KeyF7:
			u.app.Stop() // ok: waits for nobody
		}
		return e
	})
	u.list.AddItem("load", "", 'l', func() {
		u.fetch("http://example.com")
	})
	u.list.AddItem("load behind", "", 'b', func() {
		go func() {
			res, err := http.Get("http://example.com") // ok: on a goroutine of its own
			if err != nil {
				return
			}
			defer res.Body.Close()
			data, _ := io.ReadAll(res.Body) // ok: on a goroutine of its own
			u.app.QueueUpdateDraw(func() {  // ok: on a goroutine of its own
				u.text.SetText(string(data)) // ok: memory
			})
		}()
	})
	u.list.SetSelectedFunc(func(int, string, string, rune) {
		time.Sleep(time.Second) // want `time.Sleep blocks the event loop \(sleep\)`
	})
	u.text.SetChangedFunc(func() {
		time.Sleep(time.Second) // ok: on a goroutine of its own
		u.app.Draw()            // ok: on a goroutine of its own
	})
	u.text.SetDoneFunc(func(tcell.Key) {
		_, err := os.Stat("x") // ok: a look at a file is tolerated here
		if err != nil {
			u.app.QueueUpdate(u.clear) // want `\(\*tview.Application\).QueueUpdate waits for the loop it runs on: deadlock \(reentry\)`
		}
	})
	form := tview.NewForm().
		AddButton("Save", u.save).
		AddInputField("Name", "", 20, nil, func(text string) {
			os.ReadFile(text) // want `os.ReadFile blocks the event loop \(file\)`
		})
	form.SetCancelFunc(func() { u.app.Stop() }) // ok: waits for nobody
	form.SetDrawFunc(func(_ tcell.Screen, x, y, width, height int) (int, int, int, int) {
		os.Stat("x") // want `os.Stat blocks the event loop \(file-meta\)`
		return x, y, width, height
	})
	form.SetFocusFunc(func() {
		os.Stat("x") // ok: a look at a file is tolerated where nothing is drawn
	})
}

func (u *ui) fetch(url string) {
	http.Get(url) // want `http.Get blocks the event loop \(net\): callback of \(\*tview.List\).AddItem -> \(\*ui\).fetch -> http.Get`
}

func (u *ui) clear() {
	u.text.Clear() // ok: memory
}

func (u *ui) save() {
	os.WriteFile("x", []byte(u.text.GetText(true)), 0o666) // want `os.WriteFile blocks the event loop \(file\)`
}

// A clock draws itself.
type clock struct{ *tview.Box }

func (c *clock) Draw(screen tcell.Screen) {
	c.Box.DrawForSubclass(screen, c) // ok: draws
	os.Lstat("x")                    // want `os.Lstat blocks the event loop \(file-meta\)`
}

var _ tview.Primitive = (*clock)(nil)

func run() error {
	app := tview.NewApplication()
	u := &ui{app, tview.NewTextView(), tview.NewList()}
	u.build()
	return app.SetRoot(u.list, true).Run() // ok: not on the loop
}
