//go:build unix

package loopsql_test

import (
	"database/sql"
	"runtime"
	"testing"

	_ "github.com/jackc/pgx/v5/stdlib"

	"github.com/loopvet/loopvet/internal/pgtest"
)

// psql as a client looks at what was written, and how many sessions are left.
func TestPostgreSQL(t *testing.T) {
	pg := pgtest.Start(t)
	conns, err := sql.Open("pgx", pg.URL("postgres"))
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
	if got := pg.Query(t, "postgres", "SELECT string_agg(word, ',' ORDER BY word) FROM words"); got != "alone,kept,prepared" {
		t.Errorf("psql reads %q", got)
	}
	sessions := "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()" +
		" AND application_name <> 'psql'"
	for left := ""; left != "0"; runtime.Gosched() { // the server ends a session after its client has gone
		if left = pg.Query(t, "postgres", sessions); t.Context().Err() != nil {
			t.Fatalf("%s sessions are open", left)
		}
	}
}
