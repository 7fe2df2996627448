// Package database asks a database on the loop. // want package:"effects"
package database

import (
	"context"
	"database/sql"

	"github.com/loopvet/loopvet/runtime/loop"
)

func questions(ctx context.Context, l *loop.Loop, db *sql.DB, tx *sql.Tx, stmt *sql.Stmt) {
	l.NextTick(func() {
		db.PingContext(ctx) // want `\(\*sql.DB\).PingContext blocks the event loop \(db\)`
	})
	l.NextTick(func() {
		sql.Open("driver", "name") // ok: it connects to nothing
	})
	l.NextTick(func() {
		db.BeginTx(ctx, nil) // want `\(\*sql.DB\).BeginTx blocks the event loop \(db\)`
	})
	l.NextTick(func() {
		db.SetMaxOpenConns(1) // ok: a setting
	})
	l.NextTick(func() {
		tx.Commit() // want `\(\*sql.Tx\).Commit blocks the event loop \(db\)`
	})
	l.NextTick(func() {
		tx.Rollback() // want `\(\*sql.Tx\).Rollback may block the event loop \(db\)`
	})
	l.NextTick(func() {
		sql.Named("name", 1) // ok: a value
	})
	l.NextTick(func() {
		stmt.ExecContext(ctx) // want `\(\*sql.Stmt\).ExecContext blocks the event loop \(db\)`
	})
	l.NextTick(func() {
		stmt.Close() // ok: told on request
	})
}

func results(l *loop.Loop, rows *sql.Rows, row *sql.Row, v *int) {
	l.NextTick(func() {
		for rows.Next() { // want `\(\*sql.Rows\).Next blocks the event loop \(db\)`
			rows.Scan(v) // ok: of the row that is there
		}
	})
	l.NextTick(func() {
		row.Scan(v) // want `\(\*sql.Row\).Scan blocks the event loop \(db\)`
	})
	l.NextTick(func() {
		row.Err() // ok: in memory
	})
}

// The wrapper that programs have.
type store struct{ db *sql.DB }

func (s *store) count() (n int) {
	s.db.QueryRow("SELECT count(*) FROM t").Scan(&n) // want `\(\*sql.DB\).QueryRow blocks the event loop \(db\): .* -> \(\*store\).count -> `
	return n
}

func (s *store) ready() bool { return s.db != nil }

func wrapped(ctx context.Context, l *loop.Loop, s *store) {
	l.NextTick(func() { s.count() })
	l.NextTick(func() {
		s.ready() // ok: in memory
	})
	l.NextTick(func() {
		loop.QueueWork(ctx, l, func(context.Context) (int, error) {
			return s.count(), nil // ok: on a worker
		}, func(int, error) {})
	})
}
