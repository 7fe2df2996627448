// Command bench runs the loop and the pool beside libuv, Node and Go libraries
// that do the same, and prints how they compare.
//
//	go run .            # everything, in turns, the best of 5 rounds
//	go run . -run pool  # rows whose name has "pool" in it
//	go run . -watchdog 401  # what the watchdog alone costs, in 401 pairs of runs
//
// A C compiler and libuv's headers (Debian: libuv1-dev) give the libuv column, a
// node in PATH the Node column; without them the columns stay empty. Read the
// ratios and not the times, and on a machine that has nothing else to do.
package main
