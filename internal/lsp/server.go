package lsp

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/creachadair/jrpc2"
)

// A Config is what a server serves. The functions may be called by any
// goroutine; Analyse by one at a time.
type Config struct {
	Version string // of loopvet
	// Check reports what is wrong with flags that a client's settings stand for,
	// in one line.
	Check func(flags []string) error
	// Root returns the directory of the module that a file belongs to, or "".
	Root func(file string) string
	// Foreign reports whether nobody edits the module in a directory, such as one
	// in the module cache. Modules in folders of the client are never foreign.
	Foreign func(ctx context.Context, dir string) bool
	// Analyse analyses the module in a directory, with the flags of the client's
	// settings. It says what it is doing. Where the whole of it fails, the report
	// has problems only. It returns an error when ctx ends.
	Analyse func(ctx context.Context, dir string, flags []string, say func(string)) (*Report, error)
	// Errors is where faults of the server are written.
	Errors io.Writer
}

// The error codes of the protocol beyond those of JSON-RPC.
const (
	codeNotInitialized = jrpc2.Code(-32002)
	codeCancelled      = jrpc2.Code(-32800)
)

// The stages of a session.
const (
	stageNew = iota
	stageInitialized
	stageShutdown
)

// A server is one session with a client.
type server struct {
	Config
	rpc  *jrpc2.Server
	conn *framed         // closed to end the session
	ctx  context.Context // of the session
	wake chan struct{}   // tells the goroutine that analyses of work; holds one
	wg   sync.WaitGroup  // of goroutines that serve the session

	// stage is changed in the order in which messages come, whatever the order in
	// which their handlers run.
	stage atomic.Int32

	// mu guards all below. It is taken before the lock of rpc, which is never held
	// when the methods of a server are called.
	mu       sync.Mutex
	caps     capabilities
	enc      encoding
	folders  []string             // canonical names
	aliases  map[string]string    // of folders: how the client names them, by canonical name
	flags    []string             // of the client's settings
	docs     map[string]*document // that are open, by canonical name
	units    map[string]*unit     // by root
	order    []string             // roots of units with work, the next first
	written  map[string]stamp     // files as they were when the client saved them
	tokens   int                  // of progress
	skipped  map[string]bool      // files of which the log says that they are not analysed
	current  string               // root of the unit that is being analysed, or ""
	running  context.CancelFunc   // of that analysis, or nil
	progress string               // its token, or ""
}

// A document is a file that the client has open.
type document struct {
	uri     string // as the client writes it
	version int
	text    *text // nil when it is not known
}

// Serve speaks the protocol until the client is gone or interrupt ends. It returns the
// exit code of the process: 0 after a shutdown as the protocol wants it, else 1.
func Serve(interrupt context.Context, c Config, in io.Reader, out io.WriteCloser) int {
	ctx, cancel := context.WithCancel(interrupt)
	defer cancel()
	s := &server{
		Config:  c,
		conn:    newFramed(in, out),
		ctx:     ctx,
		wake:    make(chan struct{}, 1),
		enc:     utf16Units,
		aliases: map[string]string{},
		docs:    map[string]*document{},
		units:   map[string]*unit{},
		written: map[string]stamp{},
		skipped: map[string]bool{},
	}
	s.rpc = jrpc2.NewServer(s, &jrpc2.ServerOptions{
		AllowPush:      true,
		DisableBuiltin: true,
		// Requests that wait for an analysis must not keep others from being served.
		Concurrency: 1 << 10,
	})
	s.rpc.Start(s.conn)
	stop := context.AfterFunc(ctx, func() { _ = s.conn.Close() })
	s.wg.Go(s.work)
	status := s.rpc.WaitStatus()
	stop()
	cancel()
	s.wg.Wait()

	switch {
	case status.Err != nil:
		fmt.Fprintf(s.Errors, "loopvet: lsp: %v\n", status.Err)
	case s.stage.Load() == stageShutdown:
		return 0
	case interrupt.Err() != nil:
		fmt.Fprintln(s.Errors, "loopvet: interrupted")
	default:
		fmt.Fprintln(s.Errors, "loopvet: lsp: the client left without a shutdown")
	}
	return 1
}

// Assign returns the handler of a method. It is called with the lock of rpc held.
func (s *server) Assign(_ context.Context, method string) jrpc2.Handler {
	if method == lastMethod {
		return func(context.Context, *jrpc2.Request) (any, error) {
			s.conn.drained()
			return nil, nil
		}
	}
	h, ok := handlers[method]
	if !ok {
		return nil
	}
	refused := s.admit(method)
	return func(ctx context.Context, req *jrpc2.Request) (result any, err error) {
		defer func() {
			if r := recover(); r != nil {
				s.fault(method, r)
				result, err = nil, jrpc2.Errorf(jrpc2.InternalError, "internal error: %v", r)
			}
		}()
		if refused != nil {
			return nil, refused
		}
		result, err = h(s, ctx, req)
		if err != nil && method == "initialize" {
			s.stage.CompareAndSwap(stageInitialized, stageNew)
		}
		return result, err
	}
}

// fault writes of a panic. It is a fault of loopvet's.
func (s *server) fault(what string, r any) {
	fmt.Fprintf(s.Errors, "loopvet: internal error: lsp: %s: %v\n%s", what, r, debug.Stack())
}

// handlers has a function for each method that is served.
var handlers = map[string]func(*server, context.Context, *jrpc2.Request) (any, error){
	"initialize":                          with((*server).initialize),
	"initialized":                         with((*server).initialized),
	"shutdown":                            with((*server).shutdown),
	"exit":                                with((*server).exit),
	"$/cancelRequest":                     with((*server).cancelRequest),
	"window/workDoneProgress/cancel":      with((*server).cancelProgress),
	"textDocument/didOpen":                with((*server).didOpen),
	"textDocument/didChange":              with((*server).didChange),
	"textDocument/didSave":                with((*server).didSave),
	"textDocument/didClose":               with((*server).didClose),
	"textDocument/hover":                  with((*server).hover),
	"textDocument/codeAction":             with((*server).codeAction),
	"workspace/didChangeConfiguration":    with((*server).didChangeConfiguration),
	"workspace/didChangeWatchedFiles":     with((*server).didChangeWatchedFiles),
	"workspace/didChangeWorkspaceFolders": with((*server).didChangeFolders),
}

// with returns a handler that decodes its parameters.
func with[P any](f func(*server, context.Context, *P) (any, error)) func(*server, context.Context, *jrpc2.Request) (any, error) {
	return func(s *server, ctx context.Context, req *jrpc2.Request) (any, error) {
		p := new(P)
		if err := req.UnmarshalParams(p); err != nil {
			return nil, err
		}
		return f(s, ctx, p)
	}
}

// admit reports what is wrong with a method at this stage of the session, and
// goes on to the next stage. Assign calls it in the order of the messages.
func (s *server) admit(method string) error {
	stage := s.stage.Load()
	switch {
	case method == "exit" || method == "$/cancelRequest":
	case stage == stageShutdown:
		return jrpc2.Errorf(jrpc2.InvalidRequest, "%s after shutdown", method)
	case stage == stageNew && method != "initialize":
		return jrpc2.Errorf(codeNotInitialized, "%s before initialize", method)
	case stage != stageNew && method == "initialize":
		return jrpc2.Errorf(jrpc2.InvalidRequest, "initialize for the second time")
	case method == "initialize":
		s.stage.Store(stageInitialized)
	case method == "shutdown":
		s.stage.Store(stageShutdown)
	}
	return nil
}

func (s *server) initialize(_ context.Context, p *initializeParams) (any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.caps = p.Capabilities
	if slices.Contains(s.caps.General.PositionEncodings, utf8Units) {
		s.enc = utf8Units
	}
	folders := p.WorkspaceFolders
	switch {
	case len(folders) > 0:
	case p.RootURI != nil:
		folders = []folder{{URI: *p.RootURI}}
	case p.RootPath != nil && filepath.IsAbs(*p.RootPath):
		folders = []folder{{URI: uriOf(*p.RootPath)}}
	}
	s.addFoldersLocked(folders)
	if flags, ok := s.checkedLocked(p.InitializationOptions); ok {
		s.flags = flags
	}
	return map[string]any{
		"serverInfo": map[string]string{"name": section, "version": s.Version},
		"capabilities": map[string]any{
			"positionEncoding": s.enc,
			"textDocumentSync": map[string]any{
				"openClose": true,
				"change":    2, // by ranges
				"save":      map[string]bool{"includeText": true},
			},
			"hoverProvider":      true,
			"codeActionProvider": map[string]any{"codeActionKinds": []string{quickFix}},
			"workspace": map[string]any{
				"workspaceFolders": map[string]bool{"supported": true, "changeNotifications": true},
			},
		},
	}, nil
}

// checkedLocked returns the flags that settings stand for. When there is something
// wrong with them, it says so to the user and reports false.
func (s *server) checkedLocked(settings json.RawMessage) ([]string, bool) {
	flags, err := settingFlags(settings)
	if err == nil && len(flags) > 0 {
		err = s.Check(flags)
	}
	if err != nil {
		s.notify("window/showMessage", messageParams{messageError, "loopvet: settings: " + err.Error()})
		return nil, false
	}
	return flags, true
}

func (s *server) initialized(context.Context, *struct{}) (any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.caps.Workspace.DidChangeWatchedFiles.DynamicRegistration {
		return nil, nil
	}
	type watcher struct {
		GlobPattern string `json:"globPattern"`
	}
	s.wg.Go(func() {
		// The answer is of no interest: without it, saves in the editor are seen.
		_, _ = s.rpc.Callback(s.ctx, "client/registerCapability", map[string]any{
			"registrations": []map[string]any{{
				"id":     "files",
				"method": "workspace/didChangeWatchedFiles",
				"registerOptions": map[string]any{
					"watchers": []watcher{{"**/*.go"}, {"**/go.{mod,sum,work}"}, {"**/.loopvet.yaml"}},
				},
			}},
		})
	})
	return nil, nil
}

func (s *server) shutdown(context.Context, *struct{}) (any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, u := range s.sortedUnitsLocked() {
		s.dropLocked(u)
	}
	return nil, nil
}

func (s *server) exit(context.Context, *struct{}) (any, error) {
	return nil, s.conn.Close()
}

func (s *server) cancelRequest(_ context.Context, p *cancelParams) (any, error) {
	s.rpc.CancelRequest(string(p.ID))
	return nil, nil
}

// cancelProgress ends the analysis that runs. What was found before stays.
func (s *server) cancelProgress(_ context.Context, p *progressCancelParams) (any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var token string
	if json.Unmarshal(p.Token, &token) == nil && token != "" && token == s.progress {
		s.running()
	}
	return nil, nil
}

func (s *server) didOpen(_ context.Context, p *didOpenParams) (any, error) {
	name, ok := pathOf(p.TextDocument.URI)
	if !ok {
		return nil, nil
	}
	name = canonical(name)
	s.mu.Lock()
	s.docs[name] = &document{p.TextDocument.URI, p.TextDocument.Version, newText(p.TextDocument.Text)}
	s.mu.Unlock()
	s.triggerFile(name)
	return nil, nil
}

func (s *server) didChange(_ context.Context, p *didChangeParams) (any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	doc := s.docLocked(p.TextDocument.URI)
	if doc == nil {
		return nil, nil
	}
	doc.version = p.TextDocument.Version
	for _, c := range p.ContentChanges {
		switch {
		case c.Range == nil:
			doc.text = newText(c.Text)
		case doc.text != nil:
			// An edit that does not fit leaves a text that is not known, until the
			// client saves.
			doc.text, _ = doc.text.replace(*c.Range, c.Text, s.enc)
		}
	}
	return nil, nil
}

func (s *server) didSave(_ context.Context, p *didSaveParams) (any, error) {
	name, ok := pathOf(p.TextDocument.URI)
	if !ok {
		return nil, nil
	}
	name = canonical(name)
	s.mu.Lock()
	if doc := s.docs[name]; doc != nil && p.Text != nil {
		doc.text = newText(*p.Text)
	}
	s.written[name] = stampOf(name)
	s.mu.Unlock()
	if isInput(name) {
		s.triggerFile(name)
		s.triggerAll()
	}
	return nil, nil
}

func (s *server) didClose(_ context.Context, p *didCloseParams) (any, error) {
	name, ok := pathOf(p.TextDocument.URI)
	if !ok {
		return nil, nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.docs, canonical(name))
	return nil, nil
}

// docLocked returns the open document of a URI, or nil.
func (s *server) docLocked(uri string) *document {
	name, ok := pathOf(uri)
	if !ok {
		return nil
	}
	return s.docs[canonical(name)]
}

func (s *server) didChangeWatchedFiles(_ context.Context, p *didChangeWatchedFilesParams) (any, error) {
	news := slices.ContainsFunc(p.Changes, func(c struct {
		URI string `json:"uri"`
	}) bool {
		name, ok := pathOf(c.URI)
		if !ok || !isInput(name) {
			return false
		}
		name = canonical(name)
		s.mu.Lock()
		defer s.mu.Unlock()
		// What the client itself has saved is being looked at.
		known, ok := s.written[name]
		return !ok || known != stampOf(name)
	})
	if news {
		s.triggerAll()
	}
	return nil, nil
}

// isInput reports whether findings depend on a file of that name.
func isInput(name string) bool {
	base := filepath.Base(name)
	return strings.HasSuffix(base, ".go") ||
		slices.Contains([]string{".loopvet.yaml", "go.mod", "go.sum", "go.work", "go.work.sum"}, base)
}

func (s *server) didChangeConfiguration(_ context.Context, p *didChangeConfigurationParams) (any, error) {
	s.mu.Lock()
	ask := (len(p.Settings) == 0 || string(p.Settings) == "null") && s.caps.Workspace.Configuration
	s.mu.Unlock()
	if !ask {
		s.configure(p.Settings)
		return nil, nil
	}
	s.wg.Go(func() {
		rsp, err := s.rpc.Callback(s.ctx, "workspace/configuration", map[string]any{
			"items": []map[string]string{{"section": section}},
		})
		var values []json.RawMessage
		if err == nil && rsp.UnmarshalResult(&values) == nil && len(values) == 1 {
			s.configure(values[0])
		}
	})
	return nil, nil
}

// configure puts settings in force. Some clients send those of other servers, or
// an empty object at the start, which say nothing about ours.
func (s *server) configure(settings json.RawMessage) {
	values := map[string]json.RawMessage{}
	if json.Unmarshal(settings, &values) == nil && !concernsUs(values) {
		return
	}
	s.mu.Lock()
	flags, ok := s.checkedLocked(settings)
	changed := ok && !slices.Equal(flags, s.flags)
	if changed {
		s.flags = flags
	}
	s.mu.Unlock()
	if changed {
		s.triggerAll()
	}
}

// addFoldersLocked adds folders of the client.
func (s *server) addFoldersLocked(folders []folder) {
	for _, f := range folders {
		name, ok := pathOf(f.URI)
		if !ok {
			continue
		}
		real := canonical(name)
		s.aliases[real] = name
		if !slices.Contains(s.folders, real) {
			s.folders = append(s.folders, real)
		}
	}
}

func (s *server) didChangeFolders(_ context.Context, p *didChangeFoldersParams) (any, error) {
	s.mu.Lock()
	for _, f := range p.Event.Removed {
		if name, ok := pathOf(f.URI); ok {
			real := canonical(name)
			s.folders = slices.DeleteFunc(s.folders, func(have string) bool { return have == real })
		}
	}
	s.addFoldersLocked(p.Event.Added)
	for _, u := range s.sortedUnitsLocked() {
		if !s.wantedLocked(u.root) {
			names := u.files
			s.dropLocked(u)
			s.sendLocked(names)
		}
	}
	var open []string
	for name := range s.docs {
		open = append(open, name)
	}
	s.mu.Unlock()
	slices.Sort(open)
	for _, name := range open {
		s.triggerFile(name)
	}
	return nil, nil
}

// wantedLocked reports whether the module in a directory has to do with a folder
// of the client. A folder may be less than a module.
func (s *server) wantedLocked(root string) bool {
	return slices.ContainsFunc(s.folders, func(f string) bool { return below(root, f) || below(f, root) })
}

// notify sends a notification. What goes wrong with that is not told to a client
// that is gone.
func (s *server) notify(method string, params any) {
	_ = s.rpc.Notify(s.ctx, method, params)
}
