// Package pgtest starts a PostgreSQL server for tests, as Debian's packages have it, and
// asks it with psql.
//
//	pg := pgtest.Start(t)
//	db, err := sql.Open("pgx", pg.URL("postgres"))
//
// It skips the test unless LOOPVET_FULL is set and the server is installed.
package pgtest
