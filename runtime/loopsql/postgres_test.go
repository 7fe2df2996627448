//go:build unix

package loopsql_test

import (
	"bytes"
	"database/sql"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"syscall"
	"testing"

	_ "github.com/jackc/pgx/v5/stdlib"
)

// psql as a client looks at what was written, and how many sessions are left.
func TestPostgreSQL(t *testing.T) {
	pg := startPostgres(t)
	conns, err := sql.Open("pgx", "host="+pg.dir+" user=loop dbname=postgres sslmode=disable")
	if err != nil {
		t.Fatal(err)
	}
	conns.SetMaxOpenConns(2)
	real{
		conns:   conns,
		numbers: "SELECT generate_series(1, 1000)",
		forever: "SELECT generate_series(1, 1000000000000)",
		arg:     "$1",
	}.script(t)
	if got := pg.psql(t, "SELECT string_agg(word, ',' ORDER BY word) FROM words"); got != "alone,kept,prepared" {
		t.Errorf("psql reads %q", got)
	}
	sessions := "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()" +
		" AND application_name <> 'psql'"
	for left := ""; left != "0"; runtime.Gosched() { // the server ends a session after its client has gone
		if left = pg.psql(t, sessions); t.Context().Err() != nil {
			t.Fatalf("%s sessions are open", left)
		}
	}
}

// postgres is a server on a socket in dir.
type postgres struct {
	dir string
}

// startPostgres starts the newest PostgreSQL that Debian's packages have installed, as
// another user than root, until the end of the test.
func startPostgres(t *testing.T) *postgres {
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
	dir, err := os.MkdirTemp("", "loopsql")
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
	return &postgres{dir: dir}
}

// psql runs a query with the real client.
func (pg *postgres) psql(t *testing.T, query string) string {
	t.Helper()
	out, err := exec.Command("psql", "-X", "-A", "-t", "-h", pg.dir, "-U", "loop", "-d", "postgres", "-c", query).CombinedOutput()
	if err != nil {
		t.Fatalf("psql: %v\n%s", err, out)
	}
	return string(bytes.TrimSpace(out))
}
