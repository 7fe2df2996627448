package loop

import "errors"

// A Promise is a result that comes later, with functions in place of methods
// because a method cannot change T. What waits for it runs as a microtask, so
// never inside the call that settles it.
//
// A promise that is rejected and that nothing waits for when the microtasks have
// run goes to the loop's panic policy as an [*UnhandledRejection], as Node does.
// All functions and methods are loop-only.
type Promise[T any] struct {
	l         *Loop
	state     promiseState
	handled   bool
	val       T
	err       error
	reactions []reaction // microtasks for when the promise is settled
}

// A reaction is what waits for a promise.
type reaction struct {
	fn   func()
	note *note // nil unless the loop keeps notes
}

type promiseState uint8

const (
	promisePending promiseState = iota
	promiseFulfilled
	promiseRejected
)

// ErrAborted is the error of a promise whose callback panicked or called
// [runtime.Goexit], which a handler has seen.
var ErrAborted = errors.New("loop: the promise's callback did not return")

// An UnhandledRejection is what panic is called with, or the handler sees, when
// a rejected promise has nothing that waits for it.
type UnhandledRejection struct {
	Err error // the reason
}

// Error returns the reason's text.
func (u *UnhandledRejection) Error() string { return "loop: unhandled rejection: " + u.Err.Error() }

// Unwrap returns the reason.
func (u *UnhandledRejection) Unwrap() error { return u.Err }

// NewPromise makes a promise and the two functions that settle it; only the
// first call of either counts. They are loop-only: other goroutines post them.
// A rejection needs an error that is not nil.
//
//loopvet:looponly
//loopvet:nonblocking
func NewPromise[T any](l *Loop) (p *Promise[T], resolve func(T), reject func(error)) {
	l.check()
	p = &Promise[T]{l: l}
	return p, p.fulfill, p.reject
}

// Resolved returns a promise that has the value v.
//
//loopvet:looponly
//loopvet:nonblocking
func Resolved[T any](l *Loop, v T) *Promise[T] {
	p := &Promise[T]{l: l}
	p.fulfill(v)
	return p
}

// Rejected returns a promise that failed with err.
//
//loopvet:looponly
//loopvet:nonblocking
func Rejected[T any](l *Loop, err error) *Promise[T] {
	p := &Promise[T]{l: l}
	p.reject(err)
	return p
}

// Settled reports whether the promise has its value or its error.
//
//loopvet:looponly
//loopvet:nonblocking
func (p *Promise[T]) Settled() bool {
	p.l.check()
	return p.state != promisePending
}

// Result returns the value or the error; both are zero until then.
//
//loopvet:looponly
//loopvet:nonblocking
func (p *Promise[T]) Result() (T, error) {
	p.l.check()
	return p.val, p.err
}

func (p *Promise[T]) fulfill(v T) {
	if p.state == promisePending {
		p.val = v
		p.settle(promiseFulfilled)
	}
}

func (p *Promise[T]) reject(err error) {
	if err == nil {
		panic("loop: a promise is rejected without an error")
	}
	if p.state == promisePending {
		p.err = err
		p.settle(promiseRejected)
	}
}

func (p *Promise[T]) settle(state promiseState) {
	p.l.check()
	p.state = state
	if state == promiseRejected && !p.handled {
		p.l.rejections = append(p.l.rejections, p)
	}
	for _, r := range p.reactions {
		p.l.enqueueReaction(r)
	}
	p.reactions = nil
}

// adopt settles p as a callback's results say.
func (p *Promise[T]) adopt(v T, err error) {
	if err != nil {
		p.reject(err)
	} else {
		p.fulfill(v)
	}
}

// follow settles p as q once q is settled.
func (p *Promise[T]) follow(q *Promise[T]) {
	q.react(nil, func() { p.adopt(q.val, q.err) })
}

// abort rejects p if its callback did not return. The panic itself has been or
// will be reported, so p's error is not reported again.
func (p *Promise[T]) abort(returned *bool) {
	if !*returned {
		p.handled = true
		p.reject(ErrAborted)
	}
}

// react has fn run as a microtask once p is settled. user is the function that fn
// calls, nil if it calls none.
func (p *Promise[T]) react(user any, fn func()) {
	p.l.check()
	p.handled = true
	r := reaction{fn: fn}
	if p.l.noting {
		r.note = &note{origin: p.l.newOrigin()}
		if user != nil {
			r.note.code = codeOf(user)
		}
	}
	if p.state == promisePending {
		p.reactions = append(p.reactions, r)
	} else {
		p.l.enqueueReaction(r)
	}
}

// enqueueReaction makes a microtask of a reaction to a promise that is settled.
func (l *Loop) enqueueReaction(r reaction) {
	l.microtasks.push(r.fn)
	if r.note != nil {
		r.note.ready = l.readyNow()
		l.microtasks.notes.push(*r.note)
	}
}

// rejection is a rejected promise of any type.
type rejection interface {
	unhandled() error
}

func (p *Promise[T]) unhandled() error {
	if p.handled {
		return nil
	}
	return p.err
}

// reportRejections hands the unhandled rejections to the panic policy. Like a
// tick, each is taken off first, so that the next settle goes on.
func (l *Loop) reportRejections() {
	for len(l.rejections) > 0 {
		r := l.rejections[0]
		l.rejections[0] = nil
		l.rejections = l.rejections[1:]
		if err := r.unhandled(); err != nil {
			l.begin(nil, notReady)
			l.invoke(func() { panic(&UnhandledRejection{err}) })
		}
	}
}

// Then calls fn with p's value and returns a promise of what fn returns. If p is
// rejected fn is not called and the error is passed on.
//
//loopvet:loop fn
//loopvet:looponly
//loopvet:nonblocking
func Then[T, U any](p *Promise[T], fn func(T) (U, error)) *Promise[U] {
	mustCallback("Then", fn == nil)
	next := &Promise[U]{l: p.l}
	p.react(fn, func() {
		if p.err != nil {
			next.reject(p.err)
			return
		}
		returned := false
		defer next.abort(&returned)
		v, err := fn(p.val)
		returned = true
		next.adopt(v, err)
	})
	return next
}

// Chain is [Then] for an fn that returns a promise; the result is settled as
// that one is. A nil promise is a mistake and panics.
//
//loopvet:loop fn
//loopvet:looponly
//loopvet:nonblocking
func Chain[T, U any](p *Promise[T], fn func(T) *Promise[U]) *Promise[U] {
	mustCallback("Chain", fn == nil)
	next := &Promise[U]{l: p.l}
	p.react(fn, func() {
		if p.err != nil {
			next.reject(p.err)
			return
		}
		returned := false
		defer next.abort(&returned)
		q := fn(p.val)
		returned = true
		next.follow(q)
	})
	return next
}

// Catch calls fn with p's error and returns a promise of what fn returns. If p
// has a value fn is not called and the value is passed on.
//
//loopvet:loop fn
//loopvet:looponly
//loopvet:nonblocking
func Catch[T any](p *Promise[T], fn func(error) (T, error)) *Promise[T] {
	mustCallback("Catch", fn == nil)
	next := &Promise[T]{l: p.l}
	p.react(fn, func() {
		if p.err == nil {
			next.fulfill(p.val)
			return
		}
		returned := false
		defer next.abort(&returned)
		v, err := fn(p.err)
		returned = true
		next.adopt(v, err)
	})
	return next
}

// Finally calls fn once p is settled, either way, and passes on what p is
// settled with.
//
//loopvet:loop fn
//loopvet:looponly
//loopvet:nonblocking
func Finally[T any](p *Promise[T], fn func()) *Promise[T] {
	mustCallback("Finally", fn == nil)
	next := &Promise[T]{l: p.l}
	p.react(fn, func() {
		returned := false
		defer next.abort(&returned)
		fn()
		returned = true
		next.adopt(p.val, p.err)
	})
	return next
}

// All returns a promise of all values, in the order of ps. It is rejected with
// the first error.
//
//loopvet:looponly
//loopvet:nonblocking
func All[T any](l *Loop, ps ...*Promise[T]) *Promise[[]T] {
	all := &Promise[[]T]{l: l}
	vals, left := make([]T, len(ps)), len(ps)
	if left == 0 {
		all.fulfill(vals)
	}
	for i, p := range ps {
		p.react(nil, func() {
			if p.err != nil {
				all.reject(p.err)
				return
			}
			vals[i] = p.val
			if left--; left == 0 {
				all.fulfill(vals)
			}
		})
	}
	return all
}

// Race returns a promise that is settled as the first of ps that is. Without any
// it never is.
//
//loopvet:looponly
//loopvet:nonblocking
func Race[T any](l *Loop, ps ...*Promise[T]) *Promise[T] {
	l.check()
	first := &Promise[T]{l: l}
	for _, p := range ps {
		first.follow(p)
	}
	return first
}

// Any returns a promise of the first value. If all of ps are rejected, or there
// are none, it is rejected with their errors joined, in the order of ps.
//
//loopvet:looponly
//loopvet:nonblocking
func Any[T any](l *Loop, ps ...*Promise[T]) *Promise[T] {
	first := &Promise[T]{l: l}
	errs, left := make([]error, len(ps)), len(ps)
	if left == 0 {
		first.reject(errNoPromises)
	}
	for i, p := range ps {
		p.react(nil, func() {
			if p.err == nil {
				first.fulfill(p.val)
				return
			}
			errs[i] = p.err
			if left--; left == 0 {
				first.reject(errors.Join(errs...))
			}
		})
	}
	return first
}

var errNoPromises = errors.New("loop: Any of no promises")

// A Settlement is how one promise of AllSettled ended.
type Settlement[T any] struct {
	Value T
	Err   error // nil if the promise has its value
}

// AllSettled returns a promise of how all of ps ended, in their order. It is
// never rejected.
//
//loopvet:looponly
//loopvet:nonblocking
func AllSettled[T any](l *Loop, ps ...*Promise[T]) *Promise[[]Settlement[T]] {
	all := &Promise[[]Settlement[T]]{l: l}
	ends, left := make([]Settlement[T], len(ps)), len(ps)
	if left == 0 {
		all.fulfill(ends)
	}
	for i, p := range ps {
		p.react(nil, func() {
			ends[i] = Settlement[T]{p.val, p.err}
			if left--; left == 0 {
				all.fulfill(ends)
			}
		})
	}
	return all
}

func mustCallback(name string, isNil bool) {
	if isNil {
		panic("loop: " + name + ": nil callback")
	}
}
