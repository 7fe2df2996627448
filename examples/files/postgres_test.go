//go:build unix

package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"

	"github.com/loopvet/loopvet/internal/pgtest"
)

func TestPostgreSQL(t *testing.T) {
	pg := pgtest.Start(t)
	n := 0
	database := func(t *testing.T) string {
		n++
		name := fmt.Sprintf("files%d", n)
		pg.Query(t, "postgres", "CREATE DATABASE "+name)
		return name
	}
	for _, scenario := range scenarios {
		t.Run(scenario.name, func(t *testing.T) { scenario.run(t, pg.URL(database(t))) })
	}
	t.Run("psql sees what curl does", func(t *testing.T) { psqlSees(t, pg, database(t)) })
	t.Run("psql holds a lock, and ends a session", func(t *testing.T) { psqlLocks(t, pg, database(t)) })
}

func psqlSees(t *testing.T, pg *pgtest.Server, database string) {
	s := start(t, pg.URL(database))
	s.curls("", "-u", "ann:", "--data-binary", "hello", "-X", "PUT", s.url+"/a")
	s.curls("", "-u", "bob:", "--data-binary", "a note", "-X", "PUT", s.url+"/b")
	s.curls("", "-u", "ann:", "--data-binary", "hello again", "-X", "PUT", s.url+"/a")
	hash, _, _ := strings.Cut(line("a", "ann", "hello again"), "\t")
	rows := "SELECT name, owner, size, hash FROM files WHERE owner = 'ann'"
	if got, want := pg.Query(t, database, rows), "a|ann|11|"+hash; got != want {
		t.Errorf("psql prints\n%s\nwant\n%s", got, want)
	}
	s.curls("", "-u", "ann:", "-X", "DELETE", s.url+"/a")
	if got, want := pg.Query(t, database, "SELECT name FROM files"), "b"; got != want {
		t.Errorf("psql prints\n%s\nwant\n%s", got, want)
	}
	pg.Query(t, database, "UPDATE files SET name = 'from psql'")
	s.curls("a note", s.url+"/from%20psql")
	s.settled(line("from psql", "bob", "a note"))
}

// While the database waits for psql, the server does not wait with it. The session of an
// upload that is ended by psql ends the upload, and nothing else.
func psqlLocks(t *testing.T, pg *pgtest.Server, database string) {
	s := start(t, pg.URL(database))
	s.want("ann", "PUT", "/a", "the first", 204, "")
	psql := pg.Command(database)
	psql.Stderr = os.Stderr
	in, err := psql.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := psql.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := psql.Start(); err != nil {
		t.Fatal(err)
	}
	fmt.Fprintln(in, "BEGIN; LOCK TABLE files IN SHARE ROW EXCLUSIVE MODE; SELECT 'locked';")
	if line, err := bufio.NewReader(out).ReadString('\n'); line != "locked\n" {
		t.Fatalf("psql prints %q, %v", line, err)
	}
	put := func(user, name, text string) (answer chan int) {
		answer = make(chan int, 1)
		go func() {
			status, _ := s.ask(user, "PUT", name, strings.NewReader(text))
			answer <- status
		}()
		return answer
	}
	waiting := "FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
	wait := func(n string) {
		t.Helper()
		for pg.Query(t, database, "SELECT count(*) "+waiting) != n {
			if t.Context().Err() != nil {
				t.Fatalf("never are there %s that wait", n)
			}
		}
	}
	second := put("ann", "/a", "the second")
	wait("1")
	s.want("", "GET", "/a", "", 200, "the first") // reading needs no lock
	s.want("", "GET", "/", "", 200, line("a", "ann", "the first"))
	pg.Query(t, database, "SELECT pg_terminate_backend(pid) "+waiting)
	if status := <-second; status != 500 {
		t.Errorf("an upload whose session is ended: %d", status)
	}
	third, other := put("ann", "/a", "the third"), put("bob", "/b", "another")
	wait("2")
	io.WriteString(in, "COMMIT;\n")
	in.Close()
	if err := psql.Wait(); err != nil {
		t.Errorf("psql: %v", err)
	}
	if a, b := <-third, <-other; a != 204 || b != 204 {
		t.Errorf("uploads after the lock: %d and %d", a, b)
	}
	s.settled(line("a", "ann", "the third") + line("b", "bob", "another"))
}
