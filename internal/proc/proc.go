package proc

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// ErrClosed is returned by Start after Close.
var ErrClosed = errors.New("proc: group closed")

// grace is how long a program may take to end after SIGTERM before it is killed.
const grace = 5 * time.Second

// Spec says what to start.
type Spec struct {
	Name   string       // short; names the log file
	Prefix []string     // put before Argv, such as "ip netns exec ga"; must exec, so that the PID is the program's
	Argv   []string     // program and arguments
	Env    []string     // added to the environment of this process; a later KEY= wins
	Dir    string       // working directory, "" for this process's
	Line   func(string) // if set, called with each line of standard output, by one goroutine
	Stdin  bool         // whether Process.Stdin is wanted
	Quiet  bool         // whether standard error is dropped instead of logged
}

// A Group owns processes. The zero value is not usable: see New. Safe for concurrent use.
type Group struct {
	logs string

	mu     sync.Mutex
	procs  []*Process
	closed bool
}

// New makes a Group whose programs write standard error (and standard output, without
// Spec.Line) to NAME.log in the folder logs. It makes this process the parent of everything
// orphaned below it, so that Close finds it.
func New(logs string) (*Group, error) {
	if err := os.MkdirAll(logs, 0o700); err != nil {
		return nil, fmt.Errorf("proc: %w", err)
	}
	if err := unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); err != nil {
		return nil, fmt.Errorf("proc: become subreaper: %w", err)
	}
	return &Group{logs: logs}, nil
}

// A Process is a started program.
type Process struct {
	Name  string
	PID   int
	Stdin io.WriteCloser // nil unless asked for

	cmd  *exec.Cmd
	done chan struct{}
	err  error // set before done is closed
}

// Start starts a program in a process group of its own.
func (g *Group) Start(s Spec) (*Process, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.closed {
		return nil, ErrClosed
	}
	argv := slices.Concat(s.Prefix, s.Argv)
	cmd := exec.Command(argv[0], argv[1:]...)
	cmd.Env, cmd.Dir = append(os.Environ(), s.Env...), s.Dir
	// Should this process be killed, its children are told too.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGTERM}
	p := &Process{Name: s.Name, cmd: cmd, done: make(chan struct{})}
	var log *os.File
	if !s.Quiet {
		f, err := os.OpenFile(filepath.Join(g.logs, s.Name+".log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
		if err != nil {
			return nil, fmt.Errorf("proc: log of %s: %w", s.Name, err)
		}
		defer f.Close()
		log = f
		cmd.Stderr, cmd.Stdout = f, f
	}
	var out *os.File
	var err error
	if s.Line != nil {
		r, w, err := os.Pipe()
		if err != nil {
			return nil, fmt.Errorf("proc: start %s: %w", s.Name, err)
		}
		defer w.Close()
		out, cmd.Stdout = r, w
	}
	if s.Stdin {
		if p.Stdin, err = cmd.StdinPipe(); err != nil {
			return nil, fmt.Errorf("proc: start %s: %w", s.Name, err)
		}
	}
	if err := cmd.Start(); err != nil {
		if out != nil {
			out.Close()
		}
		return nil, fmt.Errorf("proc: start %s: %w", s.Name, err)
	}
	if log != nil {
		fmt.Fprintf(log, "--- %q pid %d\n", argv, cmd.Process.Pid)
	}
	p.PID = cmd.Process.Pid
	g.procs = append(g.procs, p)
	go p.wait(out, s.Line)
	return p, nil
}

// wait waits for the program and for its output to be read. A child of the program may hold
// the pipe open for ever, so what is not read a second after the end is not read.
func (p *Process) wait(out *os.File, line func(string)) {
	read := make(chan struct{})
	go func() {
		defer close(read)
		if out == nil {
			return
		}
		lines := bufio.NewScanner(out)
		lines.Buffer(nil, 1<<20)
		for lines.Scan() {
			line(lines.Text())
		}
		_, _ = io.Copy(io.Discard, out) // after a line over 1 MiB, so that the program does not block
	}()
	p.err = p.cmd.Wait()
	if out != nil {
		select {
		case <-read:
		case <-time.After(time.Second):
		}
		out.Close()
	}
	<-read
	close(p.done)
}

// Done is closed when the program has ended.
func (p *Process) Done() <-chan struct{} { return p.done }

// Err is how the program ended, nil for success. It may be called after Done only.
func (p *Process) Err() error { return p.err }

// Signal sends a signal to the program alone.
func (p *Process) Signal(s syscall.Signal) error {
	if err := syscall.Kill(p.PID, s); err != nil {
		return fmt.Errorf("proc: signal %s: %w", p.Name, err)
	}
	return nil
}

// Stop ends the program and its process group: SIGTERM, after a few seconds SIGKILL. It
// returns when the program has ended.
func (p *Process) Stop() {
	select {
	case <-p.done:
	default:
		_ = syscall.Kill(-p.PID, syscall.SIGTERM)
		select {
		case <-p.done:
			return
		case <-time.After(grace):
			_ = syscall.Kill(-p.PID, syscall.SIGKILL)
			<-p.done
		}
	}
}

// Close stops everything in the reverse order of starting, then whatever those programs
// left behind. Idempotent.
func (g *Group) Close() {
	g.mu.Lock()
	g.closed = true
	procs := g.procs
	g.procs = nil
	g.mu.Unlock()
	for _, p := range slices.Backward(procs) {
		p.Stop()
	}
	reapOrphans()
}
