package main

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestMain is the program itself where a test starts it.
func TestMain(m *testing.M) {
	if os.Getenv("RUN_FILES") != "" {
		main()
		return
	}
	os.Exit(m.Run())
}

// A site is a running server, its directory and its database.
type site struct {
	*testing.T
	url, dir string
	db       string // the flag -db
	cmd      *exec.Cmd
}

// start starts the server, on the database db, its own for "". The test's end interrupts
// it and wants it to exit cleanly.
func start(t *testing.T, db string, args ...string) *site {
	t.Helper()
	s := &site{T: t, dir: t.TempDir(), db: db}
	s.restart(args...)
	t.Cleanup(func() {
		http.DefaultClient.CloseIdleConnections()
		s.cmd.Process.Signal(os.Interrupt)
		if err := s.cmd.Wait(); err != nil {
			t.Errorf("files: %v", err)
		}
	})
	return s
}

func (s *site) restart(args ...string) {
	s.Helper()
	s.cmd = exec.Command(os.Args[0], append([]string{"-addr", "127.0.0.1:0", "-dir", s.dir, "-db", s.db}, args...)...)
	s.cmd.Env = append(os.Environ(), "RUN_FILES=1")
	s.cmd.Stderr = os.Stderr
	stdout, err := s.cmd.StdoutPipe()
	if err != nil {
		s.Fatal(err)
	}
	if err := s.cmd.Start(); err != nil {
		s.Fatal(err)
	}
	line, err := bufio.NewReader(stdout).ReadString('\n')
	addr, ok := strings.CutPrefix(strings.TrimSpace(line), "serving on ")
	if !ok {
		s.Fatalf("files printed %q, %v", line, err)
	}
	s.url = "http://" + addr
}

// ask makes a request as a user, as nobody for "", and returns the status and the body.
func (s *site) ask(user, method, path string, body io.Reader) (status int, text string) {
	s.Helper()
	resp := s.do(user, method, path, body)
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	if err != nil {
		s.Error(err)
	}
	return resp.StatusCode, string(data)
}

func (s *site) do(user, method, path string, body io.Reader) *http.Response {
	s.Helper()
	req, err := http.NewRequestWithContext(s.Context(), method, s.url+path, body)
	if err != nil {
		s.Fatal(err)
	}
	if user != "" {
		req.SetBasicAuth(user, "")
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		s.Fatal(err)
	}
	return resp
}

// want makes a request and compares the answer.
func (s *site) want(user, method, path, body string, status int, text string) {
	s.Helper()
	if got, gotText := s.ask(user, method, path, strings.NewReader(body)); got != status || gotText != text {
		s.Errorf("%s %s by %q: %d, %.100q, want %d, %.100q", method, path, user, got, gotText, status, text)
	}
}

// line is what the list says of a file.
func line(name, owner, text string) string {
	hash := sha256.Sum256([]byte(text))
	return fmt.Sprintf("%s\t%s\t%d\t%s\n", hex.EncodeToString(hash[:]), owner, len(text), name)
}

// settled waits until no file is on its way, and wants the directory to have as many files
// as there are in the list.
func (s *site) settled(list string) {
	s.Helper()
	for moving := ""; moving != "0"; {
		resp := s.do("", "GET", "/", nil)
		text, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		if err != nil {
			s.Fatal(err)
		}
		if moving = resp.Header.Get("Files-On-Their-Way"); moving == "0" && string(text) != list {
			s.Errorf("the list is\n%swant\n%s", text, list)
		}
	}
	if got, want := len(s.stored()), strings.Count(list, "\n"); got != want {
		s.Errorf("%d files are stored, want %d", got, want)
	}
}

// stored returns the files in the directory.
func (s *site) stored() []string {
	s.Helper()
	names, err := filepath.Glob(filepath.Join(s.dir, prefix+"*"))
	if err != nil {
		s.Fatal(err)
	}
	return names
}

// scenarios are run on each database.
var scenarios = []struct {
	name string
	run  func(t *testing.T, db string)
}{
	{"what is put can be got, listed and deleted", putGetListDelete},
	{"a client that leaves leaves nothing behind", clientLeaves},
	{"an owner has a quota", quota},
	{"uploads of one name are one after the other", sameName},
	{"what a crash has left is removed", crash},
}

func TestSQLite(t *testing.T) {
	for _, scenario := range scenarios {
		t.Run(scenario.name, func(t *testing.T) { scenario.run(t, "") })
	}
}

func putGetListDelete(t *testing.T, db string) {
	s := start(t, db)
	big := strings.Repeat("0123456789abcdef", 200_000)
	missing, taken := "there is no such file\n", "the name is another owner's\n"
	s.want("", "GET", "/", "", 200, "")
	s.want("ann", "PUT", "/a", "hello", 204, "")
	s.want("bob", "PUT", "/big", big, 204, "")
	s.want("ann", "PUT", "/empty", "", 204, "")
	s.want("ann", "PUT", "/gr%C3%BC%C3%9Fe%20%25", "named", 204, "")
	s.want("", "GET", "/a", "", 200, "hello")
	s.want("", "GET", "/big", "", 200, big)
	s.want("", "HEAD", "/big", "", 200, "")
	s.want("", "GET", "/empty", "", 200, "")
	s.want("", "GET", "/gr%C3%BC%C3%9Fe%20%25", "", 200, "named")
	s.settled(line("a", "ann", "hello") + line("big", "bob", big) + line("empty", "ann", "") + line("grüße %", "ann", "named"))

	s.want("bob", "PUT", "/a", "mine", 403, taken)
	s.want("bob", "DELETE", "/a", "", 403, taken)
	s.want("", "PUT", "/a", "mine", 401, "say who you are\n")
	s.want("", "DELETE", "/a", "", 401, "say who you are\n")
	s.want("ann", "PUT", "/a", "again", 204, "")
	s.want("", "GET", "/a", "", 200, "again")
	s.want("ann", "DELETE", "/gr%C3%BC%C3%9Fe%20%25", "", 204, "")
	s.want("ann", "DELETE", "/empty", "", 204, "")
	s.want("ann", "DELETE", "/empty", "", 404, missing)
	s.want("", "GET", "/empty", "", 404, missing)
	s.want("ann", "PUT", "/.hidden", "", 400, "want the name of a file\n")
	s.want("", "GET", "/x/y", "", 400, "want the name of a file\n")
	s.want("", "GET", "/x%00y", "", 400, "want the name of a file\n")
	s.want("", "GET", "/%ff", "", 400, "want the name of a file\n")
	s.want("ann", "POST", "/a", "", 405, "GET, HEAD, PUT and DELETE are understood\n")
	s.settled(line("a", "ann", "again") + line("big", "bob", big))

	for _, part := range []struct {
		header, text, is string
		status           int
	}{
		{"bytes=1-3", "gai", "bytes 1-3/5", 206},
		{"bytes=1-", "gain", "bytes 1-4/5", 206},
		{"bytes=-2", "in", "bytes 3-4/5", 206},
		{"bytes=-9", "again", "bytes 0-4/5", 206},
		{"bytes=3-99", "in", "bytes 3-4/5", 206},
		{"bytes=5-", "there is nothing there\n", "bytes */5", 416},
		{"bytes=3-1", "again", "", 200},
		{"bytes=0-0,2-2", "again", "", 200},
		{"bytes=x", "again", "", 200},
		{"lines=1-2", "again", "", 200},
	} {
		req, err := http.NewRequestWithContext(t.Context(), "GET", s.url+"/a", nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Range", part.header)
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		got := part
		got.status, got.text, got.is = resp.StatusCode, string(text), resp.Header.Get("Content-Range")
		if err != nil || got != part {
			t.Errorf("got %+v, %v, want %+v", got, err, part)
		}
	}
}

// A client that leaves in the middle of its file costs nothing, and leaves nothing.
func clientLeaves(t *testing.T, db string) {
	s := start(t, db)
	big := strings.Repeat("0123456789", 5<<20) // more than sockets have room for
	s.want("ann", "PUT", "/big", big, 204, "")
	s.want("ann", "PUT", "/part", "the first", 204, "")
	s.settled(line("big", "ann", big) + line("part", "ann", "the first"))
	resp := s.do("", "GET", "/big", nil)
	if _, err := io.ReadFull(resp.Body, make([]byte, 1000)); err != nil {
		t.Error(err)
	}
	other := s.do("", "GET", "/", nil)
	if moving := other.Header.Get("Files-On-Their-Way"); moving != "1" {
		t.Errorf("%s files are on their way while a client reads", moving)
	}
	other.Body.Close()
	resp.Body.Close() // which gives the connection up

	gone := errors.New("the client is gone")
	for _, name := range []string{"/part", "/new"} {
		body := io.MultiReader(strings.NewReader(big[:1<<20]), failing{gone})
		req, err := http.NewRequestWithContext(t.Context(), "PUT", s.url+name, body)
		if err != nil {
			t.Fatal(err)
		}
		req.SetBasicAuth("ann", "")
		if resp, err := http.DefaultClient.Do(req); !errors.Is(err, gone) {
			t.Errorf("half an upload: %v, %v", resp, err)
		}
	}
	s.settled(line("big", "ann", big) + line("part", "ann", "the first"))
	s.want("", "GET", "/part", "", 200, "the first")
}

// failing is a reader that only fails.
type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

func quota(t *testing.T, db string) {
	s := start(t, db, "-quota", "10")
	s.want("ann", "PUT", "/a", "123456", 204, "")
	s.want("ann", "PUT", "/b", "12345", 507, "the owner has too much\n")
	s.want("ann", "PUT", "/a", "12345678901", 507, "the owner has too much\n")
	s.settled(line("a", "ann", "123456"))
	s.want("ann", "PUT", "/b", "1234", 204, "")
	s.want("ann", "PUT", "/a", "654321", 204, "")
	s.want("bob", "PUT", "/c", "1234567890", 204, "")
	s.settled(line("a", "ann", "654321") + line("b", "ann", "1234") + line("c", "bob", "1234567890"))
}

// Of uploads at the same time one is there in the end, whole, and none of the others.
func sameName(t *testing.T, db string) {
	s := start(t, db)
	const n = 8
	texts := make([]string, n)
	answers := make(chan int, n)
	for i := range n {
		texts[i] = strings.Repeat(fmt.Sprint(i), 100_000+i)
		go func() {
			status, _ := s.ask("ann", "PUT", "/same", strings.NewReader(texts[i]))
			answers <- status
		}()
	}
	for done := 0; done < n; {
		select {
		case status := <-answers:
			if done++; status != 204 {
				t.Errorf("an upload: %d", status)
			}
		default: // who reads meanwhile finds nothing, or something whole
			status, text := s.ask("", "GET", "/same", nil)
			if status != 404 && (status != 200 || !slices.Contains(texts, text)) {
				t.Errorf("meanwhile: %d, %.20q, %d bytes", status, text, len(text))
			}
		}
	}
	_, got := s.ask("", "GET", "/same", nil)
	s.settled(line("same", "ann", got))
	if !slices.Contains(texts, got) {
		t.Errorf("what is there is none of what was put: %.20q, %d bytes", got, len(got))
	}
}

// The server is killed while an upload is on its way.
func crash(t *testing.T, db string) {
	s := start(t, db)
	s.want("ann", "PUT", "/a", "kept", 204, "")
	body, half := io.Pipe()
	failed := make(chan error, 1)
	go func() {
		req, err := http.NewRequest("PUT", s.url+"/b", body)
		if err == nil {
			req.SetBasicAuth("ann", "")
			_, err = http.DefaultClient.Do(req)
		}
		failed <- err
	}()
	half.Write(bytes.Repeat([]byte("x"), 1<<20))
	for len(s.stored()) < 2 { // until the server has made a file of it
		if t.Context().Err() != nil {
			t.Fatal("no file is made")
		}
	}
	s.cmd.Process.Kill()
	s.cmd.Wait()
	half.Close()
	if err := <-failed; err == nil {
		t.Error("the client does not see that its server is gone")
	}
	if n := len(s.stored()); n != 2 {
		t.Errorf("%d files are stored, want the half one too", n)
	}
	http.DefaultClient.CloseIdleConnections()
	s.restart()
	s.settled(line("a", "ann", "kept"))
	s.want("", "GET", "/a", "", 200, "kept")
}

// sql runs a statement on the database of SQLite, behind the server's back.
func (s *site) sql(statement string) {
	s.Helper()
	db, err := sql.Open("sqlite", filepath.Join(s.dir, "index.db"))
	if err != nil {
		s.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec(statement); err != nil {
		s.Fatal(err)
	}
}

// A list that is longer than what a connection takes at once holds up nobody while it is
// not read, and is whole when it is.
func TestALongListIsWholeAndHoldsUpNobody(t *testing.T) {
	s := start(t, "")
	const n = 100_000
	s.sql(fmt.Sprintf(`WITH RECURSIVE i(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM i LIMIT %d)
		INSERT INTO files SELECT printf('%%0200d', i), 'ann', 1, 'hash', i FROM i`, n))
	resp := s.do("", "GET", "/", nil)
	defer resp.Body.Close()
	s.want("bob", "PUT", "/a", "hello", 204, "")
	lines := bufio.NewScanner(resp.Body)
	for i := 1; i <= n; i++ {
		if want := fmt.Sprintf("hash\tann\t1\t%0200d", i); !lines.Scan() || lines.Text() != want {
			t.Fatalf("line %d is %q, want %q", i, lines.Text(), want)
		}
	}
	if want := strings.TrimSpace(line("a", "bob", "hello")); !lines.Scan() || lines.Text() != want || lines.Scan() {
		t.Errorf("the end is %q, want %q", lines.Text(), want)
	}
}

// A change that the database refuses leaves everything as it was.
func TestWhatTheDatabaseRefusesLeavesNothingBehind(t *testing.T) {
	s := start(t, "")
	s.want("ann", "PUT", "/a", "the first", 204, "")
	s.want("ann", "PUT", "/b", "other", 204, "")
	do := s.sql
	wrong := "that did not work\n"
	do("CREATE TRIGGER no_update BEFORE UPDATE ON files BEGIN SELECT RAISE(ABORT, 'as the test wants it'); END")
	do("CREATE TRIGGER no_insert BEFORE INSERT ON files BEGIN SELECT RAISE(ABORT, 'as the test wants it'); END")
	do("CREATE TRIGGER no_delete BEFORE DELETE ON files BEGIN SELECT RAISE(ABORT, 'as the test wants it'); END")
	s.want("ann", "PUT", "/a", "the second", 500, wrong)
	s.want("ann", "PUT", "/c", "new", 500, wrong)
	s.want("ann", "DELETE", "/b", "", 500, wrong)
	s.settled(line("a", "ann", "the first") + line("b", "ann", "other"))
	s.want("", "GET", "/a", "", 200, "the first")
	s.want("", "GET", "/b", "", 200, "other")

	// Nothing of the table is left.
	do("ALTER TABLE files RENAME TO hidden")
	s.want("ann", "PUT", "/a", "the third", 500, wrong)
	s.want("", "GET", "/a", "", 500, wrong)
	s.want("", "GET", "/", "", 500, wrong)
	do("ALTER TABLE hidden RENAME TO files")
	s.settled(line("a", "ann", "the first") + line("b", "ann", "other"))
}

// Somebody has removed what lies in the directory.
func TestALostFileIsAnErrorUntilItIsPutAgain(t *testing.T) {
	s := start(t, "")
	wrong := "that did not work\n"
	s.want("ann", "PUT", "/a", "kept", 204, "")
	s.want("ann", "PUT", "/b", "lost", 204, "")
	s.settled(line("a", "ann", "kept") + line("b", "ann", "lost"))
	s.sql("UPDATE files SET stored = 'file-none' WHERE name = 'b'")
	s.want("", "GET", "/b", "", 500, wrong)
	s.want("ann", "PUT", "/b", "new", 204, "")
	s.want("", "GET", "/b", "", 200, "new")
	s.want("", "GET", "/a", "", 200, "kept")
}
