package loopsql_test

import (
	"context"
	"database/sql"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	_ "modernc.org/sqlite"

	"github.com/loopvet/loopvet/runtime/loop"
	"github.com/loopvet/loopvet/runtime/loopsql"
	"github.com/loopvet/loopvet/runtime/looptest"
)

func run(t *testing.T, l *loop.Loop) {
	t.Helper()
	if err := l.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// A real database, and how it differs from the others.
type real struct {
	conns   *sql.DB
	opts    []loopsql.Option
	numbers string // a query of the numbers from 1 to 1000
	forever string // a query that does not end by itself
	arg     string // the first argument
}

// script does on a real database all that there is, and has it closed.
func (db real) script(t *testing.T) {
	ctx, l := t.Context(), loop.New()
	d := loopsql.New(l, db.conns, db.opts...)
	told := 0
	ok := func(what string) func(error) {
		return func(err error) {
			if told++; err != nil {
				t.Errorf("%s: %v", what, err)
			}
		}
	}
	okExec := func(what string) func(loopsql.Result, error) {
		fn := ok(what)
		return func(r loopsql.Result, err error) {
			if n, e := r.RowsAffected(); err == nil && strings.HasPrefix(what, "insert") && (n != 1 || e != nil) {
				t.Errorf("%s changes %d rows, %v", what, n, e)
			}
			fn(err)
		}
	}
	insert := "INSERT INTO words (word) VALUES (" + db.arg + ")"
	d.Ping(ctx, ok("ping"))
	run(t, l)
	loopsql.Exec(ctx, d.SQL("CREATE TABLE words (word TEXT NOT NULL UNIQUE)"), okExec("create"))
	run(t, l)
	loopsql.Exec(ctx, d.SQL(insert, "alone"), okExec("insert"))
	run(t, l)
	kept := d.Begin(ctx, nil, func(_ *loopsql.Tx, err error) { ok("begin")(err) })
	loopsql.Exec(ctx, kept.SQL(insert, "kept"), okExec("insert in a transaction"))
	kept.Commit(ctx, ok("commit"))
	lost := d.Begin(ctx, &sql.TxOptions{}, func(_ *loopsql.Tx, err error) { ok("begin")(err) })
	loopsql.Exec(ctx, lost.SQL(insert, "lost"), okExec("insert in a transaction"))
	loopsql.Query(ctx, lost.SQL("SELECT word FROM words WHERE word = 'lost'"), loopsql.Column[string],
		func(words []string, err error) {
			if len(words) != 1 {
				t.Errorf("the transaction sees %s", words)
			}
			ok("query in a transaction")(err)
		})
	lost.Rollback(ctx, ok("rollback"))
	run(t, l)
	d.Prepare(ctx, insert, func(st *loopsql.Stmt, err error) {
		ok("prepare")(err)
		loopsql.Exec(ctx, st.With("prepared"), func(r loopsql.Result, err error) {
			okExec("insert")(r, err)
			loopsql.Exec(ctx, st.With("prepared"), func(_ loopsql.Result, err error) {
				if told++; err == nil {
					t.Error("a word is written twice")
				}
				st.Close(ctx, ok("close"))
			})
		})
	})
	run(t, l)
	loopsql.Query(ctx, d.SQL("SELECT word FROM words ORDER BY word"), loopsql.Column[string], func(words []string, err error) {
		if want := []string{"alone", "kept", "prepared"}; !slices.Equal(words, want) {
			t.Errorf("the words are %s, want %s", words, want)
		}
		ok("query")(err)
	})
	sum := 0
	var rows *loopsql.Rows
	rows = loopsql.Each(ctx, d.SQL(db.numbers), loopsql.Column[int], func(piece []int) {
		for _, n := range piece {
			sum += n
		}
		rows.Pause()
		l.SetImmediate(rows.Resume)
	}, ok("each"))
	run(t, l)
	if sum != 500500 || told != 16 {
		t.Errorf("the sum is %d, %d answers", sum, told)
	}

	// A query is stopped by its context, rows by Cancel, and the rest by Close.
	stopped, cancel := context.WithCancel(ctx)
	var cut *loopsql.Rows
	loopsql.Query(stopped, d.SQL(db.forever), func(rows *sql.Rows) (int, error) {
		cancel()
		return loopsql.Column[int](rows)
	}, func(_ []int, err error) {
		if told++; err == nil {
			t.Error("a query without an end has one")
		}
	})
	cut = loopsql.Each(ctx, d.SQL(db.forever), loopsql.Column[int], func([]int) { cut.Cancel() }, func(err error) {
		if told++; err != context.Canceled {
			t.Errorf("rows that are cancelled: %v", err)
		}
	})
	run(t, l)
	open := d.Begin(ctx, nil, func(_ *loopsql.Tx, err error) { ok("begin")(err) })
	loopsql.Exec(ctx, open.SQL(insert, "open"), func(r loopsql.Result, err error) {
		okExec("insert in a transaction")(r, err)
		d.Close()
	})
	loopsql.Query(ctx, open.SQL(db.forever), loopsql.Column[int], func(_ []int, err error) {
		if told++; err == nil {
			t.Error("a query without an end has one")
		}
	})
	closed := 0
	d.OnClose(func() { closed++ })
	run(t, l)
	if n := db.conns.Stats().OpenConnections; told != 21 || closed != 1 || n != 0 {
		t.Errorf("%d answers, closed %d times, %d connections are open", told, closed, n)
	}
	looptest.CheckLeaks(t, l)
	if err := l.Close(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestSQLite(t *testing.T) {
	name := filepath.Join(t.TempDir(), "words.db")
	open := func() *sql.DB {
		db, err := sql.Open("sqlite", name)
		if err != nil {
			t.Fatal(err)
		}
		return db
	}
	count := "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n%s) SELECT i FROM n"
	real{
		conns:   open(),
		opts:    []loopsql.Option{loopsql.OnStrand()},
		numbers: fmt.Sprintf(count, " LIMIT 1000"),
		forever: fmt.Sprintf(count, ""),
		arg:     "?",
	}.script(t)
	db := open()
	defer db.Close()
	var words, check string
	if err := db.QueryRow("SELECT group_concat(word) FROM (SELECT word FROM words ORDER BY word)").Scan(&words); err != nil {
		t.Fatal(err)
	}
	if err := db.QueryRow("PRAGMA integrity_check").Scan(&check); err != nil || words != "alone,kept,prepared" || check != "ok" {
		t.Errorf("the file has %s, %s, %v", words, check, err)
	}
}
