package bubbletea

import (
	"iter"
	"os"

	tea "github.com/charmbracelet/bubbletea"
)

// A looker looks at files: a lone look is tolerated, one after another is not.
type looker struct {
	names []string
	disk  statter
	seq   iter.Seq[string]
	hook  func(string)
}

type statter interface {
	Stat(name string) bool
	Exists(name string) bool
}

type disk struct{}

func (disk) Stat(name string) bool {
	_, err := os.Stat(name) // ok: each a lone look
	return err == nil
}

func (disk) Exists(name string) bool {
	_, err := os.Lstat(name) // want `os.Lstat blocks the event loop \(file-meta\)`
	return err == nil
}

func newLooker(seq iter.Seq[string]) tea.Model {
	return &looker{disk: disk{}, seq: seq, hook: hooked}
}

func (l *looker) Init() tea.Cmd { return nil }

func (l *looker) Update(tea.Msg) (tea.Model, tea.Cmd) {
	os.Stat("x") // ok: a lone look
	os.Getwd()   // ok: and another
	one("x")
	l.disk.Stat("x")
	for _, name := range l.names {
		os.Stat(name)       // want `os.Stat blocks the event loop \(file-meta\)`
		each(name)          // a look in a function
		l.disk.Exists(name) // a look behind an interface
		l.hook(name)        // a look in a func value
	}
	for name := range l.seq {
		os.Readlink(name) // want `os.Readlink blocks the event loop \(file-meta\)`
	}
	for i := 0; i < len(l.names); i++ {
		func() {
			os.Getwd() // want `os.Getwd blocks the event loop \(file-meta\)`
		}()
		go os.Stat(l.names[i]) // ok: on a goroutine of its own
	}
	for range l.names {
		os.Stat("x") // ok: once, whatever the keyword says
		break
	}
	inner(l.names)
	return l, func() tea.Msg {
		for _, name := range l.names {
			os.Stat(name) // ok: a command
		}
		return nil
	}
}

func (l *looker) View() string {
	wd, _ := os.Getwd() // want `os.Getwd blocks the event loop \(file-meta\)`
	return wd
}

func one(name string) {
	os.Stat(name) // ok: a lone look
}

func each(name string) {
	deeper(name)
}

func deeper(name string) {
	os.Stat(name) // want `os.Stat blocks the event loop \(file-meta\): callback of .*Update -> each -> deeper -> os.Stat`
}

func hooked(name string) {
	os.Stat(name) // want `os.Stat blocks the event loop \(file-meta\)`
}

func inner(names []string) {
	for _, name := range names {
		os.Stat(name) // want `os.Stat blocks the event loop \(file-meta\)`
	}
}
