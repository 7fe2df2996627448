// Package loopsql gives an event loop the databases of database/sql.
//
//	db := loopsql.New(l, pg) // pg is a *sql.DB
//	loopsql.Query(ctx, db.SQL("SELECT name FROM users WHERE age > $1", 17), loopsql.Column[string],
//		func(names []string, err error) {
//			// on the loop
//		})
//
// A database on the network waits for its server on a goroutine for each statement that
// runs, no more than its pool may have connections, and takes no worker; what comes
// beyond waits in the order in which it was asked for, without a goroutine. One in the
// process itself, such as SQLite, holds the thread that it runs on: with [OnStrand] its
// statements are tasks of the loop's pool, one at a time, in the class for slow I/O.
//
// Rows are read where the statement runs: a function turns one into a value there, so
// that the loop neither waits for the next row nor spends its time on converting.
// [Query] collects them; [Each] brings them in pieces, of which the next is read only
// when the loop has dealt with the last, and between which nothing waits off the loop.
//
// A [DB] is a handle of its loop, and so is a transaction, a [Tx]. Each callback is
// called exactly once, in poll, after the function that asked has returned. A request
// that is cancelled, or whose context ends, before its turn never happens and gets
// [loop.ErrCanceled] or the context's error; one that runs is told to stop and gets what
// the driver says, so that a statement which took effect all the same is not said to be
// cancelled.
package loopsql
