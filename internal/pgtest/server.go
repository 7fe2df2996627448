//go:build unix

package pgtest

import (
	"bytes"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"
	"testing"
)

// A Server is a running PostgreSQL that listens on a Unix socket only. It trusts who can
// reach that, as the superuser loop.
type Server struct {
	dir string
}

// Start starts the newest PostgreSQL that is installed, as another user than root, until
// the end of the test. If it does not start, the test fails at once.
func Start(t *testing.T) *Server {
	t.Helper()
	if os.Getenv("LOOPVET_FULL") == "" {
		t.Skip("starts a server; set LOOPVET_FULL=1")
	}
	bins, err := filepath.Glob("/usr/lib/postgresql/*/bin/postgres")
	if err != nil || len(bins) == 0 {
		t.Skip("Debian's postgresql is not installed")
	}
	slices.SortFunc(bins, func(a, b string) int { return len(a) - len(b) })
	bin := filepath.Dir(bins[len(bins)-1])
	// Not t.TempDir: the path of a socket has 107 bytes at most, and another user is to see it.
	dir, err := os.MkdirTemp("", "pgtest")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	var attr *syscall.SysProcAttr
	if os.Geteuid() == 0 { // which initdb and postgres refuse
		nobody, err := user.Lookup("nobody")
		if err != nil {
			t.Fatal(err)
		}
		uid, _ := strconv.Atoi(nobody.Uid)
		gid, _ := strconv.Atoi(nobody.Gid)
		if err := os.Chown(dir, uid, gid); err != nil {
			t.Fatal(err)
		}
		attr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}}
	}
	data := filepath.Join(dir, "data")
	do := func(name string, args ...string) {
		t.Helper()
		cmd := exec.Command(filepath.Join(bin, name), args...)
		cmd.Dir, cmd.SysProcAttr = dir, attr
		log, err := os.Create(filepath.Join(dir, name+".out")) // the server inherits it: a pipe would not end
		if err != nil {
			t.Fatal(err)
		}
		defer log.Close()
		cmd.Stdout, cmd.Stderr = log, log
		if err := cmd.Run(); err != nil {
			text, _ := os.ReadFile(log.Name())
			t.Fatalf("%s: %v\n%s", name, err, text)
		}
	}
	do("initdb", "-D", data, "-U", "loop", "--auth=trust", "--no-sync", "--no-locale", "-E", "UTF8")
	do("pg_ctl", "-D", data, "-w", "-l", filepath.Join(dir, "log"), "-o", "-c listen_addresses= -c fsync=off -k "+dir, "start")
	t.Cleanup(func() { do("pg_ctl", "-D", data, "-w", "-m", "immediate", "stop") })
	return &Server{dir: dir}
}

// URL returns the URL of a database, as pgx and psql read it. There is one, postgres.
func (s *Server) URL(database string) string {
	query := url.Values{"host": {s.dir}, "user": {"loop"}, "sslmode": {"disable"}}
	return "postgres:///" + url.PathEscape(database) + "?" + query.Encode()
}

// Command returns a command that runs the real client on a database. It prints values
// only, with a vertical bar between columns, and ends at the first error.
func (s *Server) Command(database string, args ...string) *exec.Cmd {
	return exec.Command("psql", append([]string{"-X", "-A", "-t", "-q", "-v", "ON_ERROR_STOP=1", s.URL(database)}, args...)...)
}

// Query runs a query with the real client and returns what it prints. The test fails at
// once if the query does.
func (s *Server) Query(t *testing.T, database, query string) string {
	t.Helper()
	out, err := s.Command(database, "-c", query).CombinedOutput()
	if err != nil {
		t.Fatalf("psql: %v\n%s", err, out)
	}
	return string(bytes.TrimSpace(out))
}
