// Package stalled has calls that block, each in a callback of package loopsql.
package stalled

import (
	"context"
	"database/sql"
	"os"
	"time"

	"github.com/loopvet/loopvet/runtime/loop"
	"github.com/loopvet/loopvet/runtime/loopsql"
)

func Queries(ctx context.Context, l *loop.Loop, conns *sql.DB) {
	db := loopsql.New(l, conns)
	loopsql.Exec(ctx, db.SQL("x"), func(loopsql.Result, error) {
		conns.Exec("x") // want db
	})
	loopsql.Query(ctx, db.SQL("x"), func(r *sql.Rows) (int, error) {
		os.Remove("x") // ok: off the loop
		return loopsql.Column[int](r)
	}, func([]int, error) {
		os.Remove("x") // want file
	})
	loopsql.QueryRow(ctx, db.SQL("x"), loopsql.Column[int], func(int, error) {
		os.Remove("x") // want file
	})
	loopsql.Each(ctx, db.SQL("x"), loopsql.Column[int], func([]int) {
		os.Remove("x") // want file
	}, func(error) {
		time.Sleep(time.Second) // want sleep
	})
	db.Ping(ctx, func(error) {
		conns.Ping() // want db
	})
	db.Prepare(ctx, "x", func(st *loopsql.Stmt, err error) {
		st.Close(ctx, func(error) { // ok: a request
			os.Remove("x") // want file
		})
	})
	db.OnClose(func() {
		os.Remove("x") // want file
	})
	tx := db.Begin(ctx, nil, func(tx *loopsql.Tx, err error) {
		tx.Rollback(ctx, func(error) { // ok: a request
			os.Remove("x") // want file
		})
	})
	tx.Commit(ctx, func(error) {
		db.Close()     // ok: does not wait
		os.Remove("x") // want file
	})
	tx.OnClose(func() {
		os.Remove("x") // want file
	})
}
