package proc

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

func TestGroup(t *testing.T) {
	logs := t.TempDir()
	g, err := New(logs)
	if err != nil {
		t.Fatal(err)
	}
	defer g.Close()
	lines := make(chan string, 4)
	p, err := g.Start(Spec{
		Name: "echo", Prefix: []string{"env"}, Argv: []string{"sh", "-c", `echo "$WORD"; echo problem >&2; read x; echo "got $x"`},
		Env: []string{"WORD=hello"}, Line: func(s string) { lines <- s }, Stdin: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	if got := <-lines; got != "hello" {
		t.Errorf("first line %q, want hello", got)
	}
	if _, err := p.Stdin.Write([]byte("there\n")); err != nil {
		t.Fatal(err)
	}
	if got := <-lines; got != "got there" {
		t.Errorf("second line %q, want %q", got, "got there")
	}
	<-p.Done()
	if p.Err() != nil {
		t.Errorf("ended with %v", p.Err())
	}
	b, err := os.ReadFile(filepath.Join(logs, "echo.log"))
	if err != nil || !strings.Contains(string(b), "problem") {
		t.Errorf("log %q, %v; want standard error in it", b, err)
	}
}

// TestCloseLeavesNothing starts a program that hides a child in a session of its own and dies
// on SIGTERM without ending it, and one that ignores SIGTERM.
func TestCloseLeavesNothing(t *testing.T) {
	g, err := New(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	pids := make(chan string, 1)
	for _, argv := range [][]string{
		{"sh", "-c", `setsid sh -c 'echo $$; exec sleep 1000' & wait`},
	} {
		if _, err := g.Start(Spec{Name: "hide", Argv: argv, Line: func(s string) { pids <- s }}); err != nil {
			t.Fatal(err)
		}
	}
	hidden := <-pids
	g.Close()
	if left := Descendants(os.Getpid()); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
	if _, err := os.Stat("/proc/" + hidden); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("hidden process %s still there: %v", hidden, err)
	}
	if _, err := g.Start(Spec{Name: "late", Argv: []string{"true"}}); !errors.Is(err, ErrClosed) {
		t.Errorf("Start after Close: %v, want ErrClosed", err)
	}
	g.Close()
}

func TestStopAndErr(t *testing.T) {
	g, err := New(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer g.Close()
	p, err := g.Start(Spec{Name: "sleep", Argv: []string{"sleep", "1000"}})
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Signal(syscall.Signal(0)); err != nil {
		t.Errorf("signal 0 to a running program: %v", err)
	}
	p.Stop()
	if p.Err() == nil {
		t.Error("a program ended by a signal has no error")
	}
	if _, err := g.Start(Spec{Name: "none", Argv: []string{"/no/such/program"}}); err == nil {
		t.Error("a program that does not exist started")
	}
}
