package loopsql_test

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/loopvet/loopvet/runtime/loop"
	"github.com/loopvet/loopvet/runtime/loopsql"
)

func Example() {
	conns, err := sql.Open("sqlite", ":memory:")
	if err != nil {
		panic(err)
	}
	ctx, l := context.Background(), loop.New()
	db := loopsql.New(l, conns, loopsql.OnStrand())
	loopsql.Exec(ctx, db.SQL("CREATE TABLE users (name TEXT, age INTEGER)"), func(_ loopsql.Result, err error) {
		if err != nil {
			fmt.Println(err)
		}
	})
	tx := db.Begin(ctx, nil, func(_ *loopsql.Tx, err error) { fmt.Println("begin:", err) })
	for i, name := range []string{"Ada", "Bob", "Cleo"} {
		loopsql.Exec(ctx, tx.SQL("INSERT INTO users VALUES (?, ?)", name, 15+i), func(_ loopsql.Result, err error) {
			if err != nil {
				tx.Close() // rolls back, Commit gets an error
			}
		})
	}
	tx.Commit(ctx, func(err error) { fmt.Println("commit:", err) })
	loopsql.Query(ctx, db.SQL("SELECT name FROM users WHERE age > ?", 15), loopsql.Column[string],
		func(names []string, err error) {
			fmt.Println(names, err)
			db.Close()
		})
	if err := l.Run(ctx); err != nil {
		fmt.Println(err)
	}
	// Output:
	// begin: <nil>
	// commit: <nil>
	// [Bob Cleo] <nil>
}
