package pgtest

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// Server is a running PostgreSQL.
type Server struct {
	dir  string
	set  []string
	cmd  *exec.Cmd
	done chan struct{}
	cred *syscall.Credential // nil: our own
	n    atomic.Int64
}

// Main runs the tests of a package with a server, and stops it whatever happens. Call it
// from TestMain: os.Exit(pgtest.Main(m, &server)).
func Main(m *testing.M, s **Server) int {
	v, err := Start(Asked("bench")) // figures without a disk are none
	if err != nil {
		fmt.Fprintln(os.Stderr, "pgtest:", err)
		return 1
	}
	defer v.Close()
	*s = v
	return m.Run()
}

// quick are settings that make a server fast whose data nobody will miss. It survives Down.
var quick = []string{"fsync=off", "full_page_writes=off", "shared_buffers=32MB"}

// Asked says whether the go command was given -bench or -fuzz.
func Asked(what string) bool {
	flag.Parse()
	f := flag.Lookup("test." + what)
	return f != nil && f.Value.String() != ""
}

// Start makes a cluster and starts its server. durable: it writes to the disk as one in
// production does.
func Start(durable bool) (*Server, error) {
	bin, err := binaries()
	if err != nil {
		return nil, err
	}
	s := &Server{}
	if !durable {
		s.set = quick
	}
	if s.dir, err = os.MkdirTemp("", "pg"); err != nil {
		return nil, err
	}
	if os.Geteuid() == 0 { // PostgreSQL refuses root
		if s.cred, err = somebody(); err == nil {
			err = errors.Join(os.Chown(s.dir, int(s.cred.Uid), int(s.cred.Gid)), os.Chmod(s.dir, 0o755))
		}
		if err != nil {
			return nil, err
		}
	}
	out, err := s.command(filepath.Join(bin, "initdb"), "-D", s.data(), "-U", "beside", "-A", "trust", "-E", "UTF8", "--locale=C", "-N").CombinedOutput()
	if err != nil {
		_ = os.RemoveAll(s.dir)
		return nil, fmt.Errorf("initdb: %w\n%s", err, out)
	}
	if err := s.Up(); err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

// Up starts the server, after Down too.
func (s *Server) Up() error {
	bin, err := binaries()
	if err != nil {
		return err
	}
	log, err := os.OpenFile(filepath.Join(s.dir, "log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer log.Close()
	args := []string{"-D", s.data(), "-k", s.dir, "-c", "listen_addresses=", "-c", "max_connections=200"}
	for _, set := range s.set {
		args = append(args, "-c", set)
	}
	s.cmd = s.command(filepath.Join(bin, "postgres"), args...)
	s.cmd.Stdout, s.cmd.Stderr = log, log
	if err := s.cmd.Start(); err != nil {
		return err
	}
	s.done = make(chan struct{})
	go func(cmd *exec.Cmd, done chan struct{}) { _ = cmd.Wait(); close(done) }(s.cmd, s.done)
	ctx, cancel := context.WithTimeout(context.Background(), 60*time.Second)
	defer cancel()
	for {
		c, err := pgx.Connect(ctx, s.url("postgres"))
		if err == nil {
			return c.Close(ctx)
		}
		select {
		case <-s.done:
			b, _ := os.ReadFile(filepath.Join(s.dir, "log"))
			return fmt.Errorf("the server ended:\n%s", b)
		case <-ctx.Done():
			return fmt.Errorf("no answer: %w", err)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// Down stops the server at once, as a crash would: every connection breaks.
func (s *Server) Down() {
	if s.cmd == nil || s.cmd.Process == nil {
		return
	}
	_ = s.cmd.Process.Signal(syscall.SIGQUIT)
	select {
	case <-s.done:
	case <-time.After(20 * time.Second):
		_ = s.cmd.Process.Kill()
		<-s.done
	}
	s.cmd = nil
}

// Close stops the server and removes the cluster.
func (s *Server) Close() {
	s.Down()
	_ = os.RemoveAll(s.dir)
}

// Database makes an empty database and returns its URL. It goes with the server.
func (s *Server) Database(t testing.TB) string {
	t.Helper()
	name := "test" + strconv.FormatInt(s.n.Add(1), 10)
	c, err := pgx.Connect(t.Context(), s.url("postgres"))
	if err != nil {
		t.Fatalf("PostgreSQL: %v", err)
	}
	defer func() { _ = c.Close(context.WithoutCancel(t.Context())) }()
	if _, err := c.Exec(t.Context(), `CREATE DATABASE `+name); err != nil {
		t.Fatalf("PostgreSQL: %v", err)
	}
	return s.url(name)
}

func (s *Server) url(name string) string {
	q := url.Values{"host": {s.dir}, "user": {"beside"}, "sslmode": {"disable"}}
	return "postgres:///" + name + "?" + q.Encode()
}

func (s *Server) data() string { return filepath.Join(s.dir, "data") }

func (s *Server) command(name string, args ...string) *exec.Cmd {
	cmd := exec.Command(name, args...) //nolint:noctx // it outlives the caller; Close stops it
	cmd.Dir = s.dir
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: s.cred, Pdeathsig: syscall.SIGQUIT, Setpgid: true}
	return cmd
}

// binaries is where the newest server's programs are.
func binaries() (string, error) {
	dirs, _ := filepath.Glob("/usr/lib/postgresql/*/bin")
	slices.SortFunc(dirs, func(a, b string) int { return major(b) - major(a) })
	for _, d := range dirs {
		if _, err := os.Stat(filepath.Join(d, "initdb")); err == nil {
			return d, nil
		}
	}
	if p, err := exec.LookPath("initdb"); err == nil {
		return filepath.Dir(p), nil
	}
	return "", errors.New("these tests need a PostgreSQL server: install the Debian package postgresql (make deps)")
}

func major(dir string) int {
	n, _ := strconv.Atoi(strings.Split(dir, "/")[4])
	return n
}

// somebody is an account without rights that the server can run as.
func somebody() (*syscall.Credential, error) {
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, err1 := strconv.ParseUint(u.Uid, 10, 32)
		gid, err2 := strconv.ParseUint(u.Gid, 10, 32)
		if err1 == nil && err2 == nil {
			return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, nil
		}
	}
	return nil, errors.New("there is no account postgres or nobody, and PostgreSQL refuses root")
}
