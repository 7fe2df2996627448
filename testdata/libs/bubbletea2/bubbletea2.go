// Package bubbletea2 holds models of Bubble Tea. // want package:"effects"
package bubbletea2

import (
	"net/http"
	"os"
	"os/exec"
	"time"

	tea "charm.land/bubbletea/v2"
)

type done struct{ err error }

type model struct {
	program *tea.Program
	pane    pane
	text    string
	results chan string
}

func (m *model) Init() tea.Cmd {
	m.load()
	return tea.Batch(load, func() tea.Msg {
		return done{os.Remove("x")} // ok: a command
	})
}

func (m *model) load() {
	data, _ := os.ReadFile("x") // want `os.ReadFile blocks the event loop \(file\): callback of .*Init -> \(\*model\).load -> os.ReadFile`
	m.text = string(data)
}

// load is a command.
func load() tea.Msg {
	time.Sleep(time.Second)             // ok: a command
	_, err := http.Get("http://x.test") // ok: a command
	return done{err}
}

func (m *model) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	switch msg := msg.(type) {
	case tea.KeyPressMsg:
		switch msg.String() {
		case "s":
			m.program.Send(done{}) // want `\(\*tea.Program\).Send waits for the loop it runs on: deadlock \(reentry\)`
		case "S":
			go m.program.Send(done{}) // ok: on a goroutine of its own
		case "q":
			m.program.Quit() // want `\(\*tea.Program\).Quit waits for the loop it runs on: deadlock \(reentry\)`
		case "Q":
			return m, tea.Quit // ok: a command
		case "p":
			m.program.Println("x") // want `\(\*tea.Program\).Println waits for the loop it runs on: deadlock \(reentry\)`
		case "P":
			return m, tea.Println("x") // ok: a command
		case "k":
			m.program.Kill() // ok: waits for nobody
		case "e":
			exec.Command("vi").Run() // want `\(\*exec.Cmd\).Run blocks the event loop \(exec\)`
		case "E":
			return m, tea.ExecProcess(exec.Command("vi"), func(err error) tea.Msg { // ok: the program runs it
				return done{err}
			})
		case "f":
			return m, tea.ExecProcess(exec.Command("vi"), func(err error) tea.Msg {
				os.Remove("x") // want `os.Remove blocks the event loop \(file\)`
				return done{err}
			})
		case "t":
			return m, tea.Tick(time.Second, func(time.Time) tea.Msg {
				return done{os.Remove("x")} // ok: a command
			})
		case "n":
			clean() // called on the spot
		case "m":
			_, err := os.Stat("x") // ok: a look at a file is tolerated here
			m.text = err.Error()
		case "r":
			return m, func() tea.Msg { return <-m.results } // ok: a command
		}
	case done:
		time.Sleep(time.Second) // want `time.Sleep blocks the event loop \(sleep\)`
		return m, tea.Sequence(m.save("x"), tea.Quit)
	}
	var cmd tea.Cmd
	m.pane, cmd = m.pane.Update(msg)
	return m, cmd
}

func (m *model) View() tea.View {
	if _, err := os.Stat("x"); err == nil { // want `os.Stat blocks the event loop \(file-meta\)`
		m.text = "x"
	}
	return tea.NewView(m.text)
}

// save returns a command.
func (m *model) save(name string) tea.Cmd {
	return func() tea.Msg {
		return done{os.WriteFile(name, []byte(m.text), 0o666)} // ok: a command
	}
}

// clean would be a command, but for the call in Update.
func clean() tea.Msg {
	return done{os.RemoveAll("x")} // want `os.RemoveAll blocks the event loop \(file\): callback of .*Update -> clean -> os.RemoveAll`
}

// A pane is no tea.Model, but drawn and updated like one.
type pane struct{ lines []string }

func (p pane) Update(msg tea.Msg) (pane, tea.Cmd) {
	entries, err := os.ReadDir(".") // want `os.ReadDir blocks the event loop \(file\)`
	if err != nil {
		return p, func() tea.Msg { return done{err} } // ok: a command
	}
	for _, e := range entries {
		p.lines = append(p.lines, e.Name())
	}
	return p, nil
}

func (p pane) View() string {
	exec.Command("git", "status").Output() // want `\(\*exec.Cmd\).Output blocks the event loop \(exec\)`
	return p.lines[0]                      // ok: memory
}

func run() error {
	m := &model{results: make(chan string)}
	m.program = tea.NewProgram(m, tea.WithFilter(func(m tea.Model, msg tea.Msg) tea.Msg {
		os.WriteFile("log", []byte("x"), 0o666) // want `os.WriteFile blocks the event loop \(file\)`
		return msg
	}))
	go func() {
		time.Sleep(time.Second) // ok: on a goroutine of its own
		m.program.Send(done{})  // ok: on a goroutine of its own
	}()
	_, err := m.program.Run() // ok: not on the loop
	return err
}

// A mouse handler runs on the loop, and so does the command it returns.
func mouse() tea.View {
	v := tea.NewView("x")
	v.OnMouse = func(tea.MouseMsg) tea.Cmd {
		os.Mkdir("x", 0o777) // want `os.Mkdir blocks the event loop \(file\)`
		return nil           // ok: no command
	}
	return v
}
