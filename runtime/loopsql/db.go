package loopsql

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"runtime/debug"
	"slices"
	"sync"

	"github.com/loopvet/loopvet/runtime/loop"
	"github.com/loopvet/loopvet/runtime/pool"
)

const (
	// defaultConns is how many connections a pool without a limit gets: as many as
	// node-postgres' pool has.
	defaultConns = 10

	// defaultPiece is how many rows Each brings at a time.
	defaultPiece = 128
)

// A DB is a database. All methods are loop-only. It is active while it has requests, and
// should be closed in the end.
type DB struct {
	ext    loop.External
	sql    *sql.DB
	limit  int // of connections
	piece  int
	strand bool // run what waits on the loop's pool
	work   []loop.WorkOption

	// The loop's.
	queue   []*Request // waiting for a connection, the oldest first
	running []*Request // of the database itself, not of a transaction
	txs     []*Tx      // that are not over, the oldest first
	used    int        // connections
	untold  int        // requests
	closing bool
	ending  bool // the connections are being closed
	closed  bool

	mu   sync.Mutex
	news []func() // guarded by mu; for the loop to do, each makes one callback at most
}

// An Option changes how a database is made.
type Option func(*DB)

// OnStrand has statements run as tasks of the loop's pool, one at a time and in the order
// in which they were asked for, in the class for slow I/O unless opts say otherwise. It is
// for databases that do not wait on the network: SQLite. The database gets one connection,
// which is what makes the strand: with more, one that holds SQLite's lock would wait for
// its turn behind one that waits for the lock.
func OnStrand(opts ...loop.WorkOption) Option {
	return func(db *DB) {
		db.strand = true
		db.work = append([]loop.WorkOption{loop.Task(pool.InClass(pool.SlowIO))}, opts...)
	}
}

// WithPiece has [Each] bring n rows at a time. The default is 128. WithPiece panics if n
// is not positive.
func WithPiece(n int) Option {
	if n < 1 {
		panic("loopsql: WithPiece: size is not positive")
	}
	return func(db *DB) { db.piece = n }
}

// New makes a handle of conns, which is New's from then on and is closed with the handle.
// No more statements and transactions run at a time than SetMaxOpenConns, called
// before, allows; if it was not called, 10. New panics if conns is nil. It connects to
// nothing.
//
//loopvet:looponly
//loopvet:nonblocking
func New(l *loop.Loop, conns *sql.DB, opts ...Option) *DB {
	if conns == nil {
		panic("loopsql: New: nil database")
	}
	db := &DB{sql: conns, limit: conns.Stats().MaxOpenConnections, piece: defaultPiece}
	if db.limit <= 0 {
		db.limit = defaultConns
	}
	for _, opt := range opts {
		opt(db)
	}
	if db.strand {
		db.limit = 1
		conns.SetMaxOpenConns(1)
	}
	db.ext.Init(l, db, (*dbDriver)(db))
	return db
}

// Ping has the database say whether it can be reached, connecting to it if need be.
//
//loopvet:loop after
//loopvet:looponly
//loopvet:nonblocking
func (db *DB) Ping(ctx context.Context, after func(error)) *Request {
	return run(ctx, db, nil, db.sql.PingContext, after)
}

// Loop returns the loop of the database.
//
//loopvet:nonblocking
func (db *DB) Loop() *loop.Loop { return db.ext.Loop() }

// Active reports whether there are requests.
//
//loopvet:looponly
//loopvet:nonblocking
func (db *DB) Active() bool { return db.ext.Active() }

// Closing reports whether Close was called.
//
//loopvet:looponly
//loopvet:nonblocking
func (db *DB) Closing() bool { return db.closing }

// Ref has the database keep the loop alive while it is active, as it does from the start.
//
//loopvet:looponly
//loopvet:nonblocking
func (db *DB) Ref() { db.ext.Ref() }

// Unref has the database no longer keep the loop alive. Its requests still do.
//
//loopvet:looponly
//loopvet:nonblocking
func (db *DB) Unref() { db.ext.Unref() }

// HasRef reports whether the database keeps the loop alive while it is active.
//
//loopvet:looponly
//loopvet:nonblocking
func (db *DB) HasRef() bool { return db.ext.HasRef() }

// OnClose has fn called in the closing phase once the database and its connections are
// closed, after the callbacks of its requests and the close callbacks of its transactions.
//
//loopvet:loop fn
//loopvet:looponly
//loopvet:nonblocking
func (db *DB) OnClose(fn func()) { db.ext.OnClose(fn) }

// Close cancels all requests, rolls back the transactions that are open, and then closes
// the connections. A Commit or a Rollback that runs is waited for.
//
//loopvet:looponly
//loopvet:nonblocking
func (db *DB) Close() {
	if db.closing {
		return
	}
	db.closing = true
	db.ext.Begin() // until it is shut, referenced or not
	for _, r := range slices.Clone(db.queue) {
		r.withdraw(loop.ErrCanceled)
	}
	for _, tx := range slices.Clone(db.txs) {
		tx.Close()
	}
	for _, r := range db.running {
		r.withdraw(loop.ErrCanceled)
	}
	db.post(db.settle)
}

// settle closes the connections once nobody has one.
func (db *DB) settle() {
	if !db.closing || db.ending || db.untold > 0 || len(db.txs) > 0 {
		return
	}
	db.ending = true
	db.offload(context.Background(), true, db.sql.Close, func(error) {
		db.closed = true
		db.ext.End()
		db.ext.Shut()
	})
}

// post has the loop do something. Any goroutine may call it.
func (db *DB) post(fn func()) {
	db.mu.Lock()
	db.news = append(db.news, fn)
	db.mu.Unlock()
	db.ext.Arrive()
}

// advance starts the requests whose turn it is.
func (db *DB) advance() {
	for db.used < db.limit && len(db.queue) > 0 {
		r := db.queue[0]
		db.queue = slices.Delete(db.queue, 0, 1)
		if !r.begin() {
			continue
		}
		db.used++
		db.running = append(db.running, r)
		r.run()
	}
}

// release gives a connection back.
func (db *DB) release() {
	db.used--
	db.advance()
}

// offload does work where it may wait, and then has the loop call then. Work that the
// pool does not take any more is done all the same if it must be.
func (db *DB) offload(ctx context.Context, must bool, work func() error, then func(error)) {
	if !db.strand {
		go db.do(work, then)
		return
	}
	if must {
		ctx = context.WithoutCancel(ctx)
	}
	ran := false
	loop.QueueFunc(ctx, db.Loop(), func(context.Context) error {
		ran = true
		return work()
	}, func(err error) {
		if !ran && must {
			go db.do(work, then)
			return
		}
		db.post(func() { then(err) })
	}, db.work...)
}

// do is the goroutine of something that waits.
func (db *DB) do(work func() error, then func(error)) {
	var err error
	returned := false
	defer func() {
		if !returned { // runtime.Goexit: a panic ends the program
			err = &loop.PanicError{Goexit: true, Stack: debug.Stack()}
		}
		db.post(func() { then(err) })
	}()
	err = work()
	returned = true
}

// pinned calls f with a connection that nobody else has until f returns, and again if that
// has died since it was used, as all of them may have. It waits.
func (db *DB) pinned(ctx context.Context, f func(*sql.Conn) error) (err error) {
	for range db.limit + 1 {
		var conn *sql.Conn
		if conn, err = db.sql.Conn(ctx); err != nil {
			return err
		}
		err = f(conn)
		conn.Close()
		if !errors.Is(err, driver.ErrBadConn) {
			break
		}
	}
	return err
}

// dbDriver is a DB as the loop sees it.
type dbDriver DB

func (d *dbDriver) Kind() string { return "database" }
func (d *dbDriver) Deferred()    {}
func (d *dbDriver) Closed()      {}

// Arrived does what was posted before.
func (d *dbDriver) Arrived() {
	db := (*DB)(d)
	db.mu.Lock()
	n := len(db.news)
	db.mu.Unlock()
	for range n {
		db.mu.Lock()
		fn := db.news[0]
		db.news = slices.Delete(db.news, 0, 1)
		if len(db.news) > 0 {
			db.ext.Arrive() // if the callback panics, the next Run goes on here
		}
		db.mu.Unlock()
		fn()
	}
}
