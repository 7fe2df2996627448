package main

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"net/url"
	"strings"

	_ "github.com/jackc/pgx/v5/stdlib"
	_ "modernc.org/sqlite"

	"github.com/loopvet/loopvet/runtime/loop"
	"github.com/loopvet/loopvet/runtime/loopsql"
)

// A record is what is known of a file.
type record struct {
	name, owner string
	size        int64
	hash        string // SHA-256, in hexadecimal digits
	stored      string // the name that it has in the directory
}

// An index is the database. All methods are loop-only, and call after on the loop.
type index struct {
	db *loopsql.DB
}

// Errors of put.
var (
	errTaken = errors.New("the name is another owner's")
	errQuota = errors.New("the owner has too much")
)

// openIndex returns the index that a URL names. It connects to nothing.
func openIndex(l *loop.Loop, where string) (*index, error) {
	if strings.HasPrefix(where, "postgres://") || strings.HasPrefix(where, "postgresql://") {
		conns, err := sql.Open("pgx", where)
		if err != nil {
			return nil, err
		}
		return &index{loopsql.New(l, conns)}, nil
	}
	// Another process may look at the file meanwhile: it is waited for.
	name := url.URL{Scheme: "file", Opaque: (&url.URL{Path: where}).EscapedPath(), RawQuery: "_pragma=busy_timeout(10000)"}
	conns, err := sql.Open("sqlite", name.String())
	if err != nil {
		return nil, err
	}
	return &index{loopsql.New(l, conns, loopsql.OnStrand())}, nil
}

// create makes the table if it is not there.
func (ix *index) create(ctx context.Context, after func(error)) {
	loopsql.Exec(ctx, ix.db.SQL(`CREATE TABLE IF NOT EXISTS files (
		name TEXT PRIMARY KEY, owner TEXT NOT NULL, size BIGINT NOT NULL, hash TEXT NOT NULL, stored TEXT NOT NULL UNIQUE)`),
		func(_ loopsql.Result, err error) { after(err) })
}

// stored calls after with the names that the files of all records have in the directory.
func (ix *index) stored(ctx context.Context, after func([]string, error)) {
	loopsql.Query(ctx, ix.db.SQL("SELECT stored FROM files"), loopsql.Column[string], after)
}

// pageSize is how many records page finds at most.
const pageSize = 200

// page calls after with the records that follow a name, in the order of their names.
func (ix *index) page(ctx context.Context, last string, after func([]record, error)) {
	loopsql.Query(ctx, ix.db.SQL("SELECT name, owner, size, hash, stored FROM files WHERE name > $1 ORDER BY name LIMIT $2",
		last, pageSize), scan, after)
}

// find calls after with the record of a name. If there is none, the error is
// [sql.ErrNoRows].
func (ix *index) find(ctx context.Context, name string, after func(record, error)) {
	loopsql.QueryRow(ctx, ix.db.SQL("SELECT name, owner, size, hash, stored FROM files WHERE name = $1", name), scan, after)
}

// scan reads a record, where the statement runs.
func scan(rows *sql.Rows) (r record, err error) {
	err = rows.Scan(&r.name, &r.owner, &r.size, &r.hash, &r.stored)
	return r, err
}

// put enters a record, in place of the one that its owner has under that name. It is not
// entered if the name is another owner's, [errTaken], or if all that its owner has would
// have more than quota bytes, [errQuota].
func (ix *index) put(ctx context.Context, r record, quota int64, after func(error)) {
	var failed error
	tx := ix.db.Begin(ctx, nil, func(_ *loopsql.Tx, err error) { failed = err })
	loopsql.Exec(ctx, tx.SQL(`INSERT INTO files (name, owner, size, hash, stored) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (name) DO UPDATE SET size = excluded.size, hash = excluded.hash, stored = excluded.stored
		WHERE files.owner = excluded.owner`, r.name, r.owner, r.size, r.hash, r.stored),
		func(res loopsql.Result, err error) {
			n, e := res.RowsAffected()
			if err = cmp.Or(err, e); err == nil && n == 0 {
				err = errTaken
			}
			failed = cmp.Or(failed, err)
		})
	loopsql.QueryRow(ctx, tx.SQL("SELECT CAST(sum(size) AS BIGINT) FROM files WHERE owner = $1", r.owner), loopsql.Column[int64],
		func(total int64, err error) {
			if failed = cmp.Or(failed, err); failed == nil && total > quota {
				failed = errQuota
			}
			if failed != nil {
				tx.Rollback(ctx, func(error) { after(failed) })
				return
			}
			tx.Commit(ctx, after)
		})
}

// remove removes the record of a name.
func (ix *index) remove(ctx context.Context, name string, after func(error)) {
	loopsql.Exec(ctx, ix.db.SQL("DELETE FROM files WHERE name = $1", name),
		func(_ loopsql.Result, err error) { after(err) })
}
