package loopsql

import (
	"context"
	"database/sql"
)

// A Stmt is a prepared statement of a database. It is closed with the database if not
// before.
type Stmt struct {
	db  *DB
	sql *sql.Stmt
}

// Prepare prepares a statement. database/sql prepares it again on each connection that it
// comes to run on.
//
//loopvet:loop after
//loopvet:looponly
//loopvet:nonblocking
func (db *DB) Prepare(ctx context.Context, query string, after func(*Stmt, error)) *Request {
	return look(ctx, db, nil, func(ctx context.Context) (*Stmt, error) {
		s, err := db.sql.PrepareContext(ctx, query)
		if err != nil {
			return nil, err
		}
		return &Stmt{db, s}, nil
	}, after)
}

// Close closes the statement after what was asked for before.
//
//loopvet:loop after
//loopvet:looponly
//loopvet:nonblocking
func (s *Stmt) Close(ctx context.Context, after func(error)) *Request {
	return run(ctx, s.db, nil, func(context.Context) error { return s.sql.Close() }, after)
}
