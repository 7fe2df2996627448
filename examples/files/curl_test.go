package main

import (
	"bytes"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// curl returns a command that runs curl, which fails when the server refuses.
func (s *site) curl(args ...string) *exec.Cmd {
	s.Helper()
	bin, err := exec.LookPath("curl")
	if err != nil {
		s.Skip("curl is not installed")
	}
	return exec.CommandContext(s.Context(), bin, append([]string{"--silent", "--show-error", "--fail"}, args...)...)
}

// curls runs curl and wants it to print something.
func (s *site) curls(want string, args ...string) {
	s.Helper()
	out, err := s.curl(args...).Output()
	if err != nil || string(out) != want {
		s.Errorf("curl %s: %.200q, %v, want %.200q", strings.Join(args, " "), out, err, want)
	}
}

func TestCurl(t *testing.T) {
	s := start(t, "")
	big := strings.Repeat("0123456789", 5<<20) // more than sockets have room for
	local := filepath.Join(t.TempDir(), "big")
	if err := os.WriteFile(local, []byte(big), 0o644); err != nil {
		t.Fatal(err)
	}
	s.curls("", "-u", "ann:", "-T", local, s.url+"/big")
	s.curls("", "-u", "bob:", "--data-binary", "a note", "-X", "PUT", s.url+"/note")
	s.curls("a note", s.url+"/note")
	s.curls("note", "-r", "2-5", s.url+"/note")
	s.curls(big, s.url+"/big")
	s.curls(line("big", "ann", big)+line("note", "bob", "a note"), s.url)

	// A download that was broken off goes on where it ended.
	part := filepath.Join(t.TempDir(), "part")
	if err := os.WriteFile(part, []byte(big[:12345]), 0o644); err != nil {
		t.Fatal(err)
	}
	s.curls("", "-C", "-", "-o", part, s.url+"/big")
	if text, err := os.ReadFile(part); err != nil || string(text) != big {
		t.Errorf("after the download went on there are %d bytes, %v", len(text), err)
	}
	if out, err := s.curl("-I", s.url+"/big").Output(); err != nil || !bytes.Contains(out, []byte("Content-Length: 52428800\r\n")) {
		t.Errorf("curl -I prints %q, %v", out, err)
	}
	for _, refused := range [][]string{
		{s.url + "/none"},
		{"-u", "bob:", "-X", "DELETE", s.url + "/big"},
		{"-T", local, s.url + "/mine"},
		{"-u", "bob:", "-T", local, s.url + "/big"},
	} {
		if out, err := s.curl(refused...).Output(); err == nil {
			t.Errorf("curl %s: %q", strings.Join(refused, " "), out)
		}
	}
	s.curls("", "-u", "ann:", "-X", "DELETE", s.url+"/big")
	s.settled(line("note", "bob", "a note"))
}

// A client that reads slowly gets all of its file, and others are served meanwhile.
func TestCurlReadsSlowly(t *testing.T) {
	s := start(t, "")
	big := strings.Repeat("0123456789", 5<<20)
	s.want("ann", "PUT", "/big", big, 204, "")
	s.settled(line("big", "ann", big))
	cmd := s.curl(s.url + "/big")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	head := make([]byte, 1000)
	if _, err := io.ReadFull(out, head); err != nil {
		t.Fatal(err)
	}
	s.curls("", "-u", "bob:", "--data-binary", "a note", "-X", "PUT", s.url+"/note")
	s.curls("a note", s.url+"/note")
	s.want("bob", "DELETE", "/note", "", 204, "")
	resp := s.do("", "GET", "/", nil)
	if moving := resp.Header.Get("Files-On-Their-Way"); moving != "1" {
		t.Errorf("%s files are on their way", moving)
	}
	resp.Body.Close()
	rest, err := io.ReadAll(out)
	if err != nil || string(head)+string(rest) != big {
		t.Errorf("got %d bytes, %v", len(head)+len(rest), err)
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("curl: %v", err)
	}
	s.settled(line("big", "ann", big))
}

// A client that writes slowly holds up nobody, and one that is killed leaves nothing.
func TestCurlWritesSlowlyAndIsKilled(t *testing.T) {
	s := start(t, "")
	s.want("ann", "PUT", "/slow", "the first", 204, "")
	upload := func(name string) (*exec.Cmd, io.WriteCloser) {
		cmd := s.curl("-u", "ann:", "-T", "-", s.url+name)
		in, err := cmd.StdinPipe()
		if err != nil {
			t.Fatal(err)
		}
		files := len(s.stored())
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(in, strings.Repeat("x", 1<<20)); err != nil {
			t.Fatal(err)
		}
		for len(s.stored()) == files { // until the server has made a file of it
			if t.Context().Err() != nil {
				t.Fatal("no file is made")
			}
		}
		return cmd, in
	}
	slow, in := upload("/slow")
	killed, _ := upload("/killed")
	again, _ := upload("/slow")
	s.curls("the first", s.url+"/slow")
	s.curls("", "-u", "ann:", "--data-binary", "a note", "-X", "PUT", s.url+"/note")
	for _, cmd := range []*exec.Cmd{killed, again} {
		cmd.Process.Kill()
		if err := cmd.Wait(); err == nil {
			t.Error("curl was not killed")
		}
	}
	if _, err := io.WriteString(in, " the end"); err != nil {
		t.Error(err)
	}
	in.Close()
	if err := slow.Wait(); err != nil {
		t.Errorf("curl: %v", err)
	}
	s.settled(line("note", "ann", "a note") + line("slow", "ann", strings.Repeat("x", 1<<20)+" the end"))

	s.want("ann", "PUT", "/big", strings.Repeat("0123456789", 5<<20), 204, "")
	reads := s.curl(s.url + "/big")
	out, err := reads.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := reads.Start(); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(out, make([]byte, 1000)); err != nil {
		t.Error(err)
	}
	reads.Process.Kill()
	reads.Wait()
	s.want("ann", "DELETE", "/big", "", 204, "")
	s.settled(line("note", "ann", "a note") + line("slow", "ann", strings.Repeat("x", 1<<20)+" the end"))
}
