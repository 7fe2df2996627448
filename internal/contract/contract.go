package contract

import (
	"slices"
	"time"
)

// A Kind names what holds the goroutine, in the words of DESIGN.
type Kind string

// The kinds of effect. FileMeta is a file call that only reads an inode or a
// name; loops may tolerate it where they do not tolerate File.
const (
	Sleep    Kind = "sleep"
	Wait     Kind = "wait"
	Chan     Kind = "chan"
	Lock     Kind = "lock"
	File     Kind = "file"
	FileMeta Kind = "file-meta"
	Net      Kind = "net"
	DNS      Kind = "dns"
	Exec     Kind = "exec"
	DB       Kind = "db"
	Console  Kind = "console"
	CPU      Kind = "cpu"
	GC       Kind = "gc"
	Forever  Kind = "forever"
)

var kinds = []Kind{Sleep, Wait, Chan, Lock, File, FileMeta, Net, DNS, Exec, DB, Console, CPU, GC, Forever}

// Kinds returns all kinds, in the order of DESIGN.
func Kinds() []Kind { return slices.Clone(kinds) }

// Valid reports whether k is one of the kinds.
func (k Kind) Valid() bool { return slices.Contains(kinds, k) }

// Level returns the level of an effect of this kind whose contract names none.
// A lock by itself is not news, and a console write is one only on request.
func (k Kind) Level() Level {
	switch k {
	case Lock:
		return Off
	case Console:
		return Info
	}
	return Warning
}

// A Level is how loudly an effect is reported.
type Level int

// The levels, in rising order. Off is never reported.
const (
	Off Level = iota
	Info
	Warning
	Error
)

// Recv stands for the receiver where an argument index is expected. Arguments
// are counted from zero and do not count the receiver.
const Recv = -1

// A Loop is an event loop as a contract describes it.
type Loop struct {
	Name      string // as shown to the user: "gnet event loop"
	Module    string // module path of the contract, or the package of a directive
	Budget    time.Duration
	Tolerates []Kind
	// Deadlocks lists the kinds whose end the loop itself must bring, so that
	// such a wait on the loop never ends: everything asynchronous on the
	// JavaScript event loop.
	Deadlocks []Kind
	// StrictIn names callback methods in which nothing is tolerated (View, Draw),
	// and functions whose callbacks are of that sort (SetDrawFunc).
	StrictIn []string
	Offload  string // how to move work off this loop, as an imperative clause
	Evidence string
	Source   string // file:line of the contract
}

// A Block is one thing that a function does to the goroutine that calls it.
type Block struct {
	Kind  Kind
	May   bool  // may block, rather than blocks
	Level Level // Off means the default of the kind, see Kind.Level
	// Bound is the index of the time.Duration argument that bounds the wait,
	// or NoBound.
	Bound int
	// Unless says for which constant it does not block at all.
	Unless Unless
}

// An Unless is a condition on a constant integer argument: it is N, it is below
// N, or it has one of the bits of N. syscall.Flock does not wait with LOCK_NB.
// The zero value is no condition.
type Unless struct {
	Arg int
	Op  string // "is", "below" or "bits"
	N   int64
}

// Holds reports whether the constant n meets the condition.
func (u Unless) Holds(n int64) bool {
	switch u.Op {
	case "is":
		return n == u.N
	case "below":
		return n < u.N
	case "bits":
		return n&u.N != 0
	}
	return false
}

// NoBound marks a Block that no argument bounds.
const NoBound = -2

// A MethodUse says that a function calls a method of what it is given, on the
// calling goroutine: io.ReadAll calls Read of argument 0. A use of Recv means
// what the receiver carries (see Return.Carries) or, where the method is one of
// the receiver's own, the receiver. Method may also name a field of func type
// of the receiver: (*sync.Pool).Get calls recv.New.
type MethodUse struct {
	Arg    int // or Recv
	Method string
}

// A Return says what a function's result is.
type Return struct {
	// Result is the index of the result, or Recv: (*bufio.Reader).Reset makes
	// its receiver carry argument 0.
	Result int
	// Carries lists the arguments (or Recv) whose methods the result calls:
	// bufio.NewReader carries argument 0. Where the result is an interface and
	// Type is empty, a method of the result calls the methods of that name of
	// what it carries; where it is a func, calling it runs the funcs it carries.
	Carries []int
	// Type is the concrete type behind an interface result, in types.TypeString
	// form: "*net.TCPConn".
	Type string
	// Kind, if not empty, is how a Read or Write of the result holds its
	// caller, or a call of it where it is a func: the pipe of
	// exec.Cmd.StdinPipe is Exec, what tea.Tick returns is Sleep.
	Kind Kind
}

// A Func is what the contracts say of one function or interface method.
type Func struct {
	Symbol    string  // types.Func.FullName of the origin
	Blocks    []Block // what it is first of all, then the rest
	Here      []int   // func arguments run on the calling goroutine
	OnLoop    []int   // func arguments run as callbacks of Loop
	OnWorker  []int   // func arguments run as tasks of a pool
	Elsewhere []int   // func arguments run on some other goroutine
	Leaves    []int   // func arguments run here, where the loop has been left on purpose
	Calls     []MethodUse
	Returns   []Return
	Reentrant bool // waits for Loop: a deadlock when called on it
	// ReentrantMay weakens Reentrant: the wait for Loop depends on something
	// else, such as another message that arrives first.
	ReentrantMay bool
	Nonblocking  bool
	// UnlessMade are the conditions on the receiver under which Blocks does not
	// hold; Makes are those that name this function as the maker of one.
	UnlessMade, Makes []*Made
	// Option says that the result is an option that some condition names: for
	// the constant passed to the function or, for OptionFields, the constants in
	// these fields of the struct that is passed.
	Option       bool
	OptionFields []string
	Pool         []PoolOp // what it does with worker pools
	Loop         *Loop    // for OnLoop and Reentrant; nil where a contract without a loop speaks
	Evidence     string
	Source       string // file:line
}

// An Implements says that methods of every implementation of an interface are
// callbacks.
type Implements struct {
	Interface string // "github.com/panjf2000/gnet/v2.EventHandler"
	Methods   []string
	Loop      *Loop
}

// A Shape marks methods of types that never meet the interface they imitate,
// such as the components of a Bubble Tea program.
type Shape struct {
	// Methods maps a method name to the types of its parameters and results in
	// types.TypeString form; "_" matches any type. A type has the shape when it
	// has every method.
	Methods  map[string]Signature
	Callback []string // which of Methods are callbacks
	Loop     *Loop
}

// A Signature is a list of parameter and result types.
type Signature struct {
	Params, Results []string
}

// An OffWhen switches a loop off for a program that makes this call, or that
// stores this value in a field.
type OffWhen struct {
	Call  string // FullName, or empty
	Arg   int
	Field string // "pkg.T.Field", or empty
	Value string // the constant, in Go syntax: "false"
	Loop  *Loop
}
