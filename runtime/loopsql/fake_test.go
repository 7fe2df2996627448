package loopsql_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

// A server is a database in the test's memory. It knows these statements:
//
//	add WORD    one row, the word, is written
//	list        the words that are written, as this connection sees them
//	count N     the numbers from 0 to N-1
//	fail        an error
type server struct {
	*testing.T
	gate     func(ctx context.Context, what string) error // called before each call's work; nil if that is at once
	onResult func()                                       // called when a result is read; nil if nobody looks

	mu       sync.Mutex
	words    []string // guarded by mu; committed
	log      []string // guarded by mu; the calls, without rows
	conns    int      // guarded by mu; open
	most     int      // guarded by mu; open at a time
	rows     int      // guarded by mu; open
	stmts    int      // guarded by mu; open
	rowsRead int      // guarded by mu
}

var errFail = errors.New("it fails")

// open returns a pool for s with a limit of connections.
func (s *server) open(limit int) *sql.DB {
	db := sql.OpenDB(s)
	db.SetMaxOpenConns(limit)
	db.SetMaxIdleConns(limit)
	return db
}

// pass notes a call and waits at the gate.
func (s *server) pass(ctx context.Context, what string) error {
	s.mu.Lock()
	if what != "row" {
		s.log = append(s.log, what)
	}
	s.mu.Unlock()
	if s.gate == nil {
		return nil
	}
	return s.gate(ctx, what)
}

// locked calls f with the lock.
func (s *server) locked(f func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f()
}

// checkClosed makes errors of what is open.
func (s *server) checkClosed() {
	s.Helper()
	s.locked(func() {
		if s.conns != 0 || s.rows != 0 {
			s.Errorf("%d connections and %d rows are open", s.conns, s.rows)
		}
	})
}

func (s *server) Driver() driver.Driver { return nil }

func (s *server) Connect(ctx context.Context) (driver.Conn, error) {
	if err := s.pass(ctx, "connect"); err != nil {
		return nil, err
	}
	s.locked(func() {
		s.conns++
		s.most = max(s.most, s.conns)
	})
	return &conn{s: s}, nil
}

// conn is a connection.
type conn struct {
	s     *server
	used  atomic.Bool
	tx    bool
	words []string // written in the transaction
}

// use checks that one goroutine at a time uses the connection.
func (c *conn) use() (leave func()) {
	if c.used.Swap(true) {
		c.s.Error("a connection is used twice at a time")
	}
	return func() { c.used.Store(false) }
}

func (c *conn) Close() error {
	defer c.use()()
	c.s.locked(func() { c.s.conns-- })
	return nil
}

func (c *conn) Begin() (driver.Tx, error) { return nil, errors.ErrUnsupported }

func (c *conn) BeginTx(ctx context.Context, opts driver.TxOptions) (driver.Tx, error) {
	defer c.use()()
	if err := c.s.pass(ctx, "begin"); err != nil {
		return nil, err
	}
	c.tx = true
	return tx{c}, nil
}

func (c *conn) Ping(ctx context.Context) error {
	defer c.use()()
	return c.s.pass(ctx, "ping")
}

func (c *conn) Prepare(query string) (driver.Stmt, error) { return nil, errors.ErrUnsupported }

func (c *conn) PrepareContext(ctx context.Context, query string) (driver.Stmt, error) {
	defer c.use()()
	if err := c.s.pass(ctx, "prepare"); err != nil {
		return nil, err
	}
	c.s.locked(func() { c.s.stmts++ })
	return &stmt{c, query}, nil
}

func (c *conn) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	defer c.use()()
	for _, arg := range args {
		query += " " + fmt.Sprint(arg.Value)
	}
	if err := c.s.pass(ctx, query); err != nil {
		return nil, err
	}
	word, ok := strings.CutPrefix(query, "add ")
	if !ok {
		return nil, errFail
	}
	if c.tx {
		c.words = append(c.words, word)
	} else {
		c.s.locked(func() { c.s.words = append(c.s.words, word) })
	}
	return result{c.s, int64(len(word))}, nil
}

func (c *conn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	defer c.use()()
	for _, arg := range args {
		query += " " + fmt.Sprint(arg.Value)
	}
	if err := c.s.pass(ctx, query); err != nil {
		return nil, err
	}
	var n int
	r := &rows{c: c, ctx: ctx}
	switch _, err := fmt.Sscanf(query, "count %d", &n); {
	case query == "list":
		c.s.locked(func() {
			for _, word := range slices.Concat(c.s.words, c.words) {
				r.values = append(r.values, word)
			}
		})
	case err == nil:
		for i := range n {
			r.values = append(r.values, int64(i))
		}
	default:
		return nil, errFail
	}
	c.s.locked(func() { c.s.rows++ })
	return r, nil
}

// result is the length of the word.
type result struct {
	s  *server
	id int64
}

func (r result) LastInsertId() (int64, error) { return r.id, nil }

func (r result) RowsAffected() (int64, error) {
	if r.s.onResult != nil {
		r.s.onResult()
	}
	return 1, nil
}

// tx is a transaction of a connection.
type tx struct{ c *conn }

func (t tx) end(what string) error {
	defer t.c.use()()
	if !t.c.tx {
		t.c.s.Errorf("%s without a transaction", what)
	}
	err := t.c.s.pass(context.Background(), what)
	if err == nil && what == "commit" {
		t.c.s.locked(func() { t.c.s.words = append(t.c.s.words, t.c.words...) })
	}
	t.c.tx, t.c.words = false, nil
	return err
}

func (t tx) Commit() error   { return t.end("commit") }
func (t tx) Rollback() error { return t.end("rollback") }

// stmt is a prepared statement.
type stmt struct {
	c     *conn
	query string
}

func (st *stmt) Close() error {
	st.c.s.locked(func() { st.c.s.stmts-- })
	return nil
}

func (st *stmt) NumInput() int { return -1 }

func (st *stmt) Exec([]driver.Value) (driver.Result, error) { return nil, errors.ErrUnsupported }

func (st *stmt) Query([]driver.Value) (driver.Rows, error) { return nil, errors.ErrUnsupported }

func (st *stmt) ExecContext(ctx context.Context, args []driver.NamedValue) (driver.Result, error) {
	return st.c.ExecContext(ctx, st.query, args)
}

func (st *stmt) QueryContext(ctx context.Context, args []driver.NamedValue) (driver.Rows, error) {
	return st.c.QueryContext(ctx, st.query, args)
}

// rows have one column.
type rows struct {
	c      *conn
	ctx    context.Context
	values []driver.Value
	closed bool
}

func (r *rows) Columns() []string { return []string{"value"} }

func (r *rows) Next(dest []driver.Value) error {
	defer r.c.use()()
	if err := r.c.s.pass(r.ctx, "row"); err != nil {
		return err
	}
	if len(r.values) == 0 {
		return io.EOF
	}
	r.c.s.locked(func() { r.c.s.rowsRead++ })
	dest[0] = r.values[0]
	r.values = r.values[1:]
	return nil
}

func (r *rows) Close() error {
	defer r.c.use()()
	if r.closed {
		r.c.s.Error("rows are closed twice")
	}
	r.closed = true
	r.c.s.locked(func() { r.c.s.rows-- })
	return nil
}
