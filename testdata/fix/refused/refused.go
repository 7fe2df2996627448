// Package refused holds blocking calls that get no fix. // want package:"effects"
package refused

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/loopvet/loopvet/runtime/loop"
)

func show(...any) {}

func inLoop(l *loop.Loop) {
	l.Post(func() {
		for range 3 {
			os.Remove("x") // want `os.Remove blocks`
		}
	})
}

func inCondition(l *loop.Loop, b bool) {
	l.Post(func() {
		if b {
			os.Remove("x") // want `os.Remove blocks`
		}
	})
}

func inExpression(l *loop.Loop) {
	l.Post(func() {
		show(os.Remove("x")) // want `os.Remove blocks`
	})
}

func inBlock(l *loop.Loop) {
	l.Post(func() {
		{
			os.Remove("x") // want `os.Remove blocks`
		}
	})
}

func inLiteral(l *loop.Loop) {
	l.Post(func() {
		func() {
			os.Remove("x") // want `os.Remove blocks`
		}()
	})
}

func deferred(l *loop.Loop) {
	l.Post(func() {
		defer show("end")
		os.Remove("x") // want `os.Remove blocks`
		show("removed")
	})
	l.Post(func() {
		defer os.Remove("x") // want `os.Remove blocks`
	})
}

func locked(l *loop.Loop, mu *sync.Mutex) {
	l.Post(func() {
		mu.Lock()
		os.Remove("x") // want `os.Remove blocks`
		mu.Unlock()
	})
}

func captured(ctx context.Context, l *loop.Loop) {
	var data []byte
	var err error
	l.Post(func() {
		data, err = os.ReadFile("x") // want `os.ReadFile blocks`
	})
	l.Run(ctx)
	show(data, err)
}

func field(l *loop.Loop, s *struct{ data []byte }) {
	l.Post(func() {
		s.data, _ = os.ReadFile("x") // want `os.ReadFile blocks`
	})
}

func countedLater(ctx context.Context, l *loop.Loop) {
	n := 0
	l.Post(func() {
		os.Remove("x") // want `os.Remove blocks`
		n++
	})
	l.Run(ctx)
	show(n)
}

func jump(l *loop.Loop) {
	l.Post(func() {
	again:
		show("again")
		err := os.Remove("x") // want `os.Remove blocks`
		if err != nil {
			goto again
		}
	})
}

func sharedBuffer(l *loop.Loop, data []byte) {
	l.Post(func() {
		err := os.WriteFile("x", data, 0o600) // want `os.WriteFile blocks`
		data = nil
		show(err)
	})
}

func sharedStream(l *loop.Loop, conn net.Conn, r io.Reader) {
	l.Post(func() {
		n, err := conn.Write([]byte("x")) // want `Write (may block|blocks)`
		show(n, err)
	})
}

func givenAway(l *loop.Loop, client *http.Client, keep func(*http.Request)) {
	l.Post(func() {
		req, _ := http.NewRequest("GET", "http://example.com", strings.NewReader("x"))
		keep(req)
		resp, err := client.Do(req) // want `Do blocks`
		show(resp, err)
	})
}

func named(l *loop.Loop) {
	fn := func() {
		os.Remove("x") // want `os.Remove blocks`
	}
	l.Post(fn)
}

func wrapped(l *loop.Loop) {
	every(l, func() {
		os.Remove("x") // want `os.Remove blocks`
		show("removed")
	})
}

func every(l *loop.Loop, fn func()) { l.SetInterval(time.Second, fn) }

func watcher(l *loop.Loop) {
	l.NewCheck(func() {
		os.Remove("x") // want `os.Remove blocks`
		show("removed")
	})
}

func promise(l *loop.Loop, p *loop.Promise[int]) {
	loop.Then(p, func(n int) (int, error) {
		err := os.Remove("x") // want `os.Remove blocks`
		return n, err
	})
}

func loopOfCall(find func() *loop.Loop) {
	find().Post(func() {
		os.Remove("x") // want `os.Remove blocks`
		show("removed")
	})
}

func hiddenLoop(l *loop.Loop) {
	l.Post(func() {
		l := 1
		os.Remove("x") // want `os.Remove blocks`
		show(l)
	})
}

func hiddenPackage(loops []*loop.Loop) {
	l := loops[0]
	loop := len(loops)
	l.Post(func() {
		os.Remove("x") // want `os.Remove blocks`
		show(loop)
	})
}

func hiddenName(l *loop.Loop) {
	err := errors.New("before")
	l.Post(func() {
		if err := os.Remove("x"); err != nil { // want `os.Remove blocks`
			return
		}
		show(err) // the one before
	})
}

func otherType(l *loop.Loop) {
	l.Post(func() {
		var r io.Reader
		r, err := os.Open("x") // want `os.Open blocks`
		show(r, err)
	})
}

func read(name string) ([]byte, error) { return os.ReadFile(name) } // want `os.ReadFile blocks`

func ownFunction(l *loop.Loop) {
	l.Post(func() {
		data, err := read("x") // ok: the finding stands where a person would change it
		show(data, err)
	})
}

func commented(l *loop.Loop) {
	l.Post(func() {
		err := /* important */ os.Remove("x") // want `os.Remove blocks`
		show(err)
	})
}

func waits(l *loop.Loop, wg *sync.WaitGroup) {
	l.Post(func() {
		wg.Wait() // want `Wait (may block|blocks)`
		show("after")
	})
	l.Post(func() {
		select {} // want `blocks`
	})
	l.Post(func() {
		err := http.ListenAndServe(":80", nil) // want `http.ListenAndServe blocks`
		show(err)
	})
}

func nothingFollows(l *loop.Loop) {
	l.Post(func() {
		time.Sleep(time.Second) // want `time.Sleep blocks`
	})
}

func unused(l *loop.Loop) {
	l.Post(func() {
		var info os.FileInfo
		info, err := os.Stat("x") // want `os.Stat blocks`
		show(info, err)           // info is another variable in the after callback, and the one above unused
	})
}

func inSwitch(l *loop.Loop) {
	l.Post(func() {
		switch err := os.Remove("x"); err { // want `os.Remove blocks`
		case nil:
			show("removed")
		}
	})
}

func declared(l *loop.Loop) {
	l.Post(func() {
		var data, err = os.ReadFile("x") // want `os.ReadFile blocks`
		show(data, err)
	})
}

func spread(l *loop.Loop) {
	l.Post(func() {
		show(os.ReadFile("x")) // want `os.ReadFile blocks`
	})
}

func sharedOutput(l *loop.Loop, out io.Writer) {
	l.Post(func() {
		cmd := exec.Command("git", "gc")
		cmd.Stdout = out
		err := cmd.Run() // want `Run blocks`
		show(err)
	})
}

func sharedArguments(l *loop.Loop, args []string) {
	l.Post(func() {
		err := exec.Command("git", args...).Run() // want `Run blocks`
		show(err)
	})
}

func sharedLiteral(l *loop.Loop) {
	n := 0
	l.Post(func() {
		err := filepath.WalkDir("x", func(string, fs.DirEntry, error) error { // want `filepath.WalkDir blocks`
			n++
			return nil
		})
		show(err)
	})
}
