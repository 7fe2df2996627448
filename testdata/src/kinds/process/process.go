// Package process runs other programs on the loop. // want package:"effects"
package process

import (
	"bufio"
	"io"
	"os"
	"os/exec"

	"github.com/loopvet/loopvet/runtime/loop"
)

func commands(l *loop.Loop, cmd *exec.Cmd, p *os.Process) {
	l.NextTick(func() {
		cmd.Start() // want `\(\*exec.Cmd\).Start blocks the event loop \(exec\)`
	})
	l.NextTick(func() {
		cmd.Environ() // ok: in memory
	})
	l.NextTick(func() {
		cmd.Wait() // want `\(\*exec.Cmd\).Wait blocks the event loop \(exec\)`
	})
	l.NextTick(func() {
		p.Kill() // ok: a signal does not wait
	})
	l.NextTick(func() {
		p.Wait() // want `\(\*os.Process\).Wait blocks the event loop \(exec\)`
	})
	l.NextTick(func() {
		p.Release() // ok: it does not wait
	})
	l.NextTick(func() {
		exec.Command("ls").CombinedOutput() // want `\(\*exec.Cmd\).CombinedOutput blocks the event loop \(exec\)`
	})
	l.NextTick(func() {
		exec.LookPath("ls") // want `exec.LookPath blocks the event loop \(file-meta\)`
	})
	l.NextTick(func() {
		go func() { exec.Command("ls").CombinedOutput() }() // ok: on a goroutine
	})
}

// What is read from a pipe, the process has to write.
func pipes(l *loop.Loop) {
	cmd := exec.Command("ls")
	out, err := cmd.StdoutPipe()
	if err != nil {
		return
	}
	lines := bufio.NewScanner(out)
	l.NextTick(func() {
		for lines.Scan() { // want `Read may block the event loop \(exec\): .*\(\*bufio.Scanner\).Scan`
		}
	})
	l.NextTick(func() {
		_ = lines.Text() // ok: in memory
	})
	stderr, _ := cmd.StderrPipe()
	l.NextTick(func() {
		io.Copy(io.Discard, stderr) // want `(Read|WriteTo) may block the event loop \(exec\)`
	})
	l.NextTick(func() {
		stderr.Close() // ok: it does not read
	})
}
