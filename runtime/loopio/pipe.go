package loopio

import (
	"io"
	"sync"
)

// A Source is a stream to read from. What its read callback gets is the callback's
// until it returns, and the last call has an error, [io.EOF] at the end.
type Source interface {
	// ReadStart has fn called with what arrives.
	//
	//loopvet:loop fn
	//loopvet:looponly
	//loopvet:nonblocking
	ReadStart(fn func(p []byte, err error)) error

	// ReadStop ends reading for now.
	//
	//loopvet:looponly
	//loopvet:nonblocking
	ReadStop()
}

// A Sink is a stream to write to.
type Sink interface {
	// Write writes p and then calls done. If it returns an error, it does not.
	//
	//loopvet:loop done
	//loopvet:looponly
	//loopvet:nonblocking
	Write(p []byte, done func(error)) error

	// Full reports whether the writer should wait.
	//
	//loopvet:looponly
	//loopvet:nonblocking
	Full() bool

	// OnDrain has fn called each time that the sink is no longer full, in place of
	// an earlier fn.
	//
	//loopvet:loop fn
	//loopvet:looponly
	//loopvet:nonblocking
	OnDrain(fn func())
}

// Pipe writes to dst what arrives from src, until the end or an error, and then calls
// done, which may be nil, with the number of bytes that dst has written and the error,
// nil at the end of src. While dst is full, src is not read. Neither is closed: that
// is the caller's.
//
// The pipe has the callbacks of ReadStart and OnDrain for itself meanwhile. Who closes
// src before its end ends the pipe, and done is not called then, since nothing is read
// from a closed stream; a dst that is closed is an error of writing. Pipe returns the
// error of the first ReadStart, and done is not called then.
//
//loopvet:loop done
//loopvet:looponly
//loopvet:nonblocking
func Pipe(dst Sink, src Source, done func(n int64, err error)) error {
	p := &pipe{dst: dst, src: src, done: done}
	return src.ReadStart(p.take)
}

// pipe is a Pipe on its way. It belongs to the loop.
type pipe struct {
	dst     Sink
	src     Source
	done    func(int64, error)
	n       int64
	writing int  // writes under way
	stopped bool // until dst has drained
	ended   bool
	err     error
}

// buffers are what is on its way to a sink, each a *[]byte.
var buffers = sync.Pool{New: func() any { return new([]byte) }}

// take passes on what was read.
func (p *pipe) take(b []byte, err error) {
	if err != nil {
		p.end(err)
		return
	}
	buf := buffers.Get().(*[]byte)
	*buf = append((*buf)[:0], b...)
	p.writing++
	err = p.dst.Write(*buf, func(err error) {
		if err == nil {
			p.n += int64(len(*buf))
		}
		buffers.Put(buf)
		p.written(err)
	})
	if err != nil {
		p.written(err)
		return
	}
	if p.dst.Full() && !p.stopped && !p.ended {
		p.stopped = true
		p.src.ReadStop()
		p.dst.OnDrain(p.drained)
	}
}

// written is the end of a write.
func (p *pipe) written(err error) {
	p.writing--
	if err != nil {
		p.end(err)
	} else {
		p.tell()
	}
}

// drained goes on with reading.
func (p *pipe) drained() {
	if p.ended || !p.stopped {
		return
	}
	p.stopped = false
	if err := p.src.ReadStart(p.take); err != nil {
		p.end(err)
	}
}

// end has no more read. A write may fail after the end of src.
func (p *pipe) end(err error) {
	if p.err == nil && err != io.EOF {
		p.err = err
	}
	if !p.ended {
		p.ended = true
		p.src.ReadStop()
		p.dst.OnDrain(nil)
	}
	p.tell()
}

// tell calls done once nothing is under way.
func (p *pipe) tell() {
	if !p.ended || p.writing > 0 || p.done == nil {
		return
	}
	done := p.done
	p.done = nil
	done(p.n, p.err)
}
