package xvfb

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// Start runs an Xvfb of the given size ("1280x720", depth 24) until the test ends and
// returns its display (":53"). The server picks a free number itself, so tests may run
// side by side. It needs no authority file. A missing Xvfb fails the test.
func Start(t testing.TB, size string) string {
	t.Helper()
	display, stop := StartServer(t, size)
	t.Cleanup(stop)
	return display
}

// StartServer is Start for a test that must see its server die: stop kills the server,
// waits until it is gone, and may be called more than once. The caller must call it.
func StartServer(t testing.TB, size string, extra ...string) (display string, stop func()) {
	t.Helper()
	return run(t, append([]string{"-screen", "0", size + "x24", "-ac"}, extra...))
}

// StartLocked is StartServer for a server that lets in only who has the cookie in the
// authority file auth.
func StartLocked(t testing.TB, size, auth string) (display string, stop func()) {
	t.Helper()
	return run(t, []string{"-screen", "0", size + "x24", "-auth", auth})
}

func run(t testing.TB, args []string) (display string, stop func()) {
	t.Helper()
	display, stop, err := serve(args)
	if err != nil {
		t.Fatal(err)
	}
	return display, stop
}

// serve starts a server and waits until it says its display. stop kills it and waits.
func serve(args []string) (display string, stop func(), err error) {
	r, w, err := os.Pipe()
	if err != nil {
		return "", nil, fmt.Errorf("xvfb: pipe: %w", err)
	}
	defer r.Close()
	cmd := exec.Command("Xvfb", append([]string{"-displayfd", "3", "-nolisten", "tcp", "-noreset"}, args...)...)
	cmd.ExtraFiles = []*os.File{w}
	err = cmd.Start()
	w.Close()
	if err != nil {
		return "", nil, fmt.Errorf("xvfb: start: %w", err)
	}
	done := make(chan struct{})
	go func() { _ = cmd.Wait(); close(done) }()
	stop = func() {
		_ = cmd.Process.Kill()
		<-done
	}
	_ = r.SetReadDeadline(time.Now().Add(20 * time.Second))
	line, err := bufio.NewReader(r).ReadString('\n')
	if err != nil {
		stop()
		return "", nil, fmt.Errorf("xvfb: it did not say its display: %w", err)
	}
	return ":" + strings.TrimSpace(line), stop, nil
}
