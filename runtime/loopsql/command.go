package loopsql

import (
	"context"
	"database/sql"
)

// A Command is a statement with its arguments, and where it is to run: on a connection
// of a database, or in a transaction. [Exec], [Query], [QueryRow] and [Each] run it, any
// number of times. The arguments, and what they point to, must not be changed while it
// runs.
type Command struct {
	db    *DB
	tx    *Tx   // nil if it is not in a transaction
	stmt  *Stmt // nil if it is not prepared
	query string
	args  []any
}

// SQL returns a statement as a command.
//
//loopvet:nonblocking
func (db *DB) SQL(query string, args ...any) Command {
	return Command{db: db, query: query, args: args}
}

// SQL returns a statement as a command of the transaction.
//
//loopvet:nonblocking
func (tx *Tx) SQL(query string, args ...any) Command {
	return Command{db: tx.db, tx: tx, query: query, args: args}
}

// With returns the statement with arguments as a command.
//
//loopvet:nonblocking
func (s *Stmt) With(args ...any) Command { return Command{db: s.db, stmt: s, args: args} }

// With returns a prepared statement of the transaction's database with arguments as a
// command of the transaction.
//
//loopvet:nonblocking
func (tx *Tx) With(s *Stmt, args ...any) Command {
	return Command{db: tx.db, tx: tx, stmt: s, args: args}
}

// exec runs the command. It waits.
func (c *Command) exec(ctx context.Context) (r Result, err error) {
	switch {
	case c.tx != nil && c.stmt != nil:
		return resultOf(c.tx.sql.StmtContext(ctx, c.stmt.sql).ExecContext(ctx, c.args...))
	case c.tx != nil:
		return resultOf(c.tx.sql.ExecContext(ctx, c.query, c.args...))
	case c.stmt != nil:
		return resultOf(c.stmt.sql.ExecContext(ctx, c.args...))
	}
	err = c.db.pinned(ctx, func(conn *sql.Conn) error {
		r, err = resultOf(conn.ExecContext(ctx, c.query, c.args...))
		return err
	})
	return r, err
}

// resultOf reads a result, for which it takes the lock of the connection: it waits while
// another statement runs there.
func resultOf(res sql.Result, err error) (r Result, _ error) {
	if err == nil {
		r.id, r.idErr = res.LastInsertId()
		r.rows, r.rowsErr = res.RowsAffected()
	}
	return r, err
}

// rows runs the command for its rows. It waits.
func (c *Command) rows(ctx context.Context) (*sql.Rows, error) {
	switch {
	case c.tx != nil && c.stmt != nil:
		return c.tx.sql.StmtContext(ctx, c.stmt.sql).QueryContext(ctx, c.args...)
	case c.tx != nil:
		return c.tx.sql.QueryContext(ctx, c.query, c.args...)
	case c.stmt != nil:
		return c.stmt.sql.QueryContext(ctx, c.args...)
	}
	return c.db.sql.QueryContext(ctx, c.query, c.args...)
}

// A Result is what a statement without rows has done. Unlike that of database/sql, which
// takes the lock of the connection, it holds nothing: it may be asked on the loop.
type Result struct {
	id, rows       int64
	idErr, rowsErr error
}

// LastInsertId returns the number that the database gave to the row that was inserted
// last, or the driver's error if it does not tell.
//
//loopvet:nonblocking
func (r Result) LastInsertId() (int64, error) { return r.id, r.idErr }

// RowsAffected returns how many rows were changed, or the driver's error if it does not
// tell.
//
//loopvet:nonblocking
func (r Result) RowsAffected() (int64, error) { return r.rows, r.rowsErr }

// Exec runs a command that returns no rows. The answer of a prepared statement, outside of
// a transaction, waits if another statement has got its connection meanwhile.
//
//loopvet:loop after
//loopvet:looponly
//loopvet:nonblocking
func Exec(ctx context.Context, c Command, after func(Result, error)) *Request {
	return look(ctx, c.db, c.tx, c.exec, after)
}

// Query runs a command and collects its rows: scan, which runs off the loop, makes a
// value of one, as a rule with [sql.Rows.Scan]. After an error there are none. For more
// rows than should be in memory at a time there is [Each].
//
// A scan that panics ends the program; with [OnStrand] and a panic handler of the loop,
// after gets a [*loop.PanicError]. It panics if scan or after is nil.
//
//loopvet:worker scan
//loopvet:loop after
//loopvet:looponly
//loopvet:nonblocking
func Query[T any](ctx context.Context, c Command, scan func(*sql.Rows) (T, error), after func([]T, error)) *Request {
	if scan == nil {
		panic("loopsql: nil callback")
	}
	return look(ctx, c.db, c.tx, func(ctx context.Context) (all []T, err error) {
		rows, err := c.rows(ctx)
		if err != nil {
			return nil, err
		}
		defer rows.Close()
		for rows.Next() {
			v, err := scan(rows)
			if err != nil {
				return nil, err
			}
			all = append(all, v)
		}
		if err := rows.Err(); err != nil {
			return nil, err
		}
		return all, rows.Close()
	}, after)
}

// QueryRow runs a command for its first row, of which scan makes a value as for [Query].
// If there is none, the error is [sql.ErrNoRows].
//
//loopvet:worker scan
//loopvet:loop after
//loopvet:looponly
//loopvet:nonblocking
func QueryRow[T any](ctx context.Context, c Command, scan func(*sql.Rows) (T, error), after func(T, error)) *Request {
	if scan == nil {
		panic("loopsql: nil callback")
	}
	return look(ctx, c.db, c.tx, func(ctx context.Context) (v T, err error) {
		rows, err := c.rows(ctx)
		if err != nil {
			return v, err
		}
		defer rows.Close()
		if !rows.Next() {
			if err := rows.Err(); err != nil {
				return v, err
			}
			return v, sql.ErrNoRows
		}
		if v, err = scan(rows); err != nil {
			return v, err
		}
		return v, rows.Close()
	}, after)
}

// Column scans a row that has one column.
func Column[T any](rows *sql.Rows) (v T, err error) {
	err = rows.Scan(&v)
	return v, err
}
