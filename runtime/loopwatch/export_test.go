package loopwatch

import "github.com/fsnotify/fsnotify"

// Take has w get an event.
func Take(w *Watcher, ev fsnotify.Event) { w.take(news{event: ev}) }

// MaxEvents is how many events may wait.
const MaxEvents = maxEvents
