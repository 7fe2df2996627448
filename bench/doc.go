// Command bench runs the loop and the pool beside libuv, Node and Go libraries
// that do the same, and prints how they compare.
//
//	go run .            # everything, in turns, the best of 5 rounds
//	go run . -run work  # rows whose name has "work" in it
//	go run . -watchdog 401  # what the watchdog alone costs, in 401 pairs of runs
//
//	go run . -net       # servers: sockets, files, HTTP; the median of 5 rounds
//	go run . -net -run quiet -rounds 3 -for 1s  # some of it, for a second each
//
// With -net each server is a process of its own and this program is their client,
// so that nothing of the load is in a server's memory. What comes back is checked,
// and the first error ends the program. net.go has the rows, session.go what a
// server is asked, peers/ the servers on Node and libuv.
//
// A C compiler and libuv's headers (Debian: libuv1-dev) give the libuv column, a
// node in PATH the Node column; without them the columns are empty or missing. Read
// the ratios and not the times, and on a machine that has nothing else to do.
package main
