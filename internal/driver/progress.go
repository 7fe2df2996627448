package driver

import (
	"io"
	"os"
	"sync"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"
)

// A progress shows, on a terminal or through tell, what is being done. A nil one
// shows nothing.
type progress struct {
	tell func(string) // if set, called instead of showing the bar

	mu  sync.Mutex // guards bar: packages are loaded side by side
	bar *progressbar.ProgressBar
}

func newProgress(w io.Writer) *progress {
	if !isTerminal(w) {
		return nil
	}
	return &progress{bar: progressbar.NewOptions(-1,
		progressbar.OptionSetWriter(w),
		progressbar.OptionSpinnerType(14),
		progressbar.OptionThrottle(100*time.Millisecond),
		progressbar.OptionSetPredictTime(false),
		progressbar.OptionSetElapsedTime(false),
		progressbar.OptionClearOnFinish(),
	)}
}

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd())) && os.Getenv("TERM") != "dumb"
}

func (p *progress) say(text string) {
	if p == nil {
		return
	}
	if p.tell != nil {
		p.tell(text)
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.bar.Describe(text)
	_ = p.bar.Add(1)
}

// done removes the bar.
func (p *progress) done() {
	if p == nil || p.bar == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	_ = p.bar.Finish()
}
