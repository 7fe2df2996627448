// Package loopwatch tells an event loop what changes in files and directories. It is a
// module of its own, so that a program which does not use it does not inherit fsnotify.
//
//	w, err := loopwatch.New(l, func(ev fsnotify.Event, err error) {
//		// on the loop
//	})
//	w.Add(ctx, dir, func(err error) {
//		// from now on
//	})
//
// What is told, and when, is what fsnotify gets from the system: a directory is watched
// but not those in it, and a change may come as several events. To watch one file, watch
// its directory, since many programs replace a file that they write.
package loopwatch
