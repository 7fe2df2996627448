package main

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	_ "embed"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log"
	"math"
	"math/big"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

//go:embed peers/server.c
var uvServer []byte

//go:embed peers/server.js
var nodeServer []byte

// poolSize is how many workers each server's pool has.
const poolSize = 4

// A contestant is a program that serves. Its arguments are followed by what it is
// to speak and by a directory with the files of prepare. See session for the rest.
type contestant struct {
	name string
	args []string
	env  []string
}

// contestants returns those that this machine has, ours first. It puts the
// peers' programs into dir.
func contestants(ctx context.Context, dir string) ([]contestant, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	var found []contestant
	for _, s := range goServers {
		found = append(found, contestant{s.name, []string{self}, []string{serveVariable + "=" + s.name}})
	}
	if bin, err := exec.LookPath("node"); err != nil {
		log.Printf("no Node: %v", err)
	} else {
		script := filepath.Join(dir, "server.js")
		if err := os.WriteFile(script, nodeServer, 0o644); err != nil {
			return nil, err
		}
		found = append(found, contestant{name: "Node", args: []string{bin, "--expose-gc", script}})
	}
	bin, src := filepath.Join(dir, "server"), filepath.Join(dir, "server.c")
	if err := os.WriteFile(src, uvServer, 0o644); err != nil {
		return nil, err
	}
	cc := exec.CommandContext(ctx, cmp.Or(os.Getenv("CC"), "cc"), "-O2", "-o", bin, src, "-luv", "-lpthread")
	if out, err := cc.CombinedOutput(); err != nil {
		log.Printf("no libuv: %v\n%s", err, out)
	} else {
		found = append(found, contestant{name: "libuv", args: []string{bin}})
	}
	return found, nil
}

// prepare puts into dir what servers need: a file to read, a certificate and its
// key. It returns what clients of the latter need.
func prepare(dir string) (*tls.Config, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	cert := &x509.Certificate{
		SerialNumber: big.NewInt(1),
		NotAfter:     time.Now().Add(24 * time.Hour),
		IPAddresses:  []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	der, err := x509.CreateCertificate(rand.Reader, cert, cert, key.Public(), key)
	if err != nil {
		return nil, err
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, err
	}
	certPEM := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	for name, data := range map[string][]byte{
		"file":     bytes.Repeat([]byte("bench\n"), fileSize)[:fileSize],
		"cert.pem": certPEM,
		"key.pem":  pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret}),
	} {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			return nil, err
		}
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(certPEM)
	return &tls.Config{RootCAs: roots, ServerName: "127.0.0.1"}, nil
}

// A session is one measurement: a server that was started for it, and clients of
// that server.
//
// A server prints the address that it listens on, "none" if it does not speak
// what it was asked to. It answers each command, a line "NAME COUNT IN-FLIGHT",
// by a line: "ok" and the nanoseconds that an operation took, "none" for a
// command that it does not know, or an error's text. It ends when its standard
// input does, so that none is left whatever becomes of this process.
type session struct {
	row netRow
	d   time.Duration
	dir string // what prepare has made
	tls *tls.Config

	cmd     *exec.Cmd
	in      io.WriteCloser
	out     *bufio.Reader
	addr    string
	clients []*client
}

// errNone says that the server has no such thing. The table leaves it empty.
var errNone = errors.New("none")

// sessionLimit is for what a session does beside measuring. A server that hangs
// is killed after it.
const sessionLimit = 2 * time.Minute

// measure starts a server, measures the row on it, and ends it. It returns no
// figures for a server that has nothing to measure. It is an error if the server
// does not end well.
func (s *session) measure(ctx context.Context, c contestant) ([]float64, error) {
	ctx, cancel := context.WithTimeout(ctx, sessionLimit+2*s.d)
	defer cancel()
	if err := s.start(ctx, c); err != nil {
		return nil, err
	}
	figures, err := s.figures()
	for _, c := range s.clients {
		c.reset()
	}
	s.in.Close()
	if ended := s.cmd.Wait(); ended != nil {
		err = errors.Join(err, fmt.Errorf("the server: %w", ended))
	}
	switch {
	case ctx.Err() != nil: // the rest is what comes of it
		return nil, errors.Join(ctx.Err(), err)
	case err == errNone:
		return nil, nil
	}
	return figures, err
}

// figures measures the row on the server that was started.
func (s *session) figures() (figures []float64, err error) {
	if s.addr, err = s.line(); err != nil {
		return nil, err
	}
	if s.addr == "none" {
		return nil, errNone
	}
	return s.row.measure(s)
}

func (s *session) start(ctx context.Context, c contestant) (err error) {
	args := append(slices.Clone(c.args), s.row.speaks, s.dir)
	s.cmd = exec.CommandContext(ctx, args[0], args[1:]...)
	s.cmd.Env = append(os.Environ(), fmt.Sprintf("UV_THREADPOOL_SIZE=%d", poolSize))
	s.cmd.Env = append(s.cmd.Env, c.env...)
	s.cmd.Stderr = os.Stderr
	if s.in, err = s.cmd.StdinPipe(); err != nil {
		return err
	}
	out, err := s.cmd.StdoutPipe()
	if err != nil {
		return err
	}
	s.out = bufio.NewReader(out)
	return s.cmd.Start()
}

// line returns the next line that the server prints.
func (s *session) line() (string, error) {
	text, err := s.out.ReadString('\n')
	if err != nil {
		return "", fmt.Errorf("the server said no more: %w", err)
	}
	return strings.TrimSpace(text), nil
}

// ask has the server do something n times and returns how many nanoseconds each
// took.
func (s *session) ask(command string, n, inFlight int) (ns float64, err error) {
	if _, err := fmt.Fprintln(s.in, command, n, inFlight); err != nil {
		return 0, err
	}
	answer, err := s.line()
	if err != nil {
		return 0, err
	}
	value, ok := strings.CutPrefix(answer, "ok ")
	switch {
	case answer == "none":
		return 0, errNone
	case !ok:
		return 0, fmt.Errorf("%s: %s", command, answer)
	}
	return strconv.ParseFloat(value, 64)
}

// memory returns how many bytes of the server are resident, after it has given
// back what it can: runtime/debug.FreeOSMemory, gc() and malloc_trim. Only Linux
// tells; elsewhere it returns NaN.
func (s *session) memory() (bytes float64, err error) {
	if _, err := s.ask("gc", 0, 0); err != nil {
		return 0, err
	}
	name := fmt.Sprintf("/proc/%d/smaps_rollup", s.cmd.Process.Pid)
	text, err := os.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		return math.NaN(), nil
	} else if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(text)) {
		if value, ok := strings.CutPrefix(line, "Rss:"); ok {
			value, _, _ = strings.Cut(strings.TrimSpace(value), " ")
			kilobytes, err := strconv.ParseFloat(value, 64)
			return kilobytes * 1024, err
		}
	}
	return 0, fmt.Errorf("%s does not say how much is resident", name)
}

// connect makes connections until there are n of them. Each has exchanged one
// message.
func (s *session) connect(n int) error {
	for len(s.clients) < n {
		c, err := dial(s.addr, s.row, s.tls)
		if err != nil {
			return err
		}
		s.clients = append(s.clients, c)
		if err := c.exchange(); err != nil {
			return err
		}
	}
	return nil
}
