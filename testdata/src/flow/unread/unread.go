// Package unread has directives that cannot be read. // want package:"effects"
package unread

/* want "//loopvet:loop: no parameter is named \"f\"" */ //loopvet:loop f
func wrongName(fn func()) {
	fn()
}

//loopvet:loop fn
func rightName(fn func()) {} // ok: a parameter

/* want "//loopvet:worker needs the name of a parameter" */ //loopvet:worker
func noName(fn func()) {
	fn()
}

//loopvet:worker fn
func aName(fn func()) {} // ok: a parameter

/* want "//loopvet:blocks: unknown kind \"network\"" */ //loopvet:blocks network
func wrongKind() {
	rightKind()
}

//loopvet:blocks net
func rightKind() {} // ok: a kind

/* want "//loopvet:blocks needs a kind" */ //loopvet:blocks
func noKind() {
	kinds()
}

//loopvet:blocks net db
func kinds() {} // ok: two kinds

/* want "unknown directive //loopvet:block" */ //loopvet:block net
func wrongVerb() {
	rightVerb()
}

//loopvet:nonblocking
func rightVerb() {} // ok: a directive
