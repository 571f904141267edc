package x11watch

import (
	"bufio"
	"context"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/jezek/xgb/xproto"
	"github.com/jezek/xgb/xtest"

	"beside/internal/xvfb"
)

// nested starts an X server in a window of another. What is injected into the outer one
// with the pointer over that window is physical input to the inner one.
func nested(t *testing.T, outer string) (inner string) {
	t.Helper()
	if _, err := exec.LookPath("Xephyr"); err != nil {
		t.Fatal("Xephyr (package xserver-xephyr) is not installed: no physical devices to test with")
	}
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	cmd := exec.Command("Xephyr", "-displayfd", "3", "-screen", "400x300", "-ac", "-nolisten", "tcp", "-no-host-grab")
	cmd.Env = append(os.Environ(), "DISPLAY="+outer)
	cmd.ExtraFiles = []*os.File{w}
	err = cmd.Start()
	w.Close()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	_ = r.SetReadDeadline(time.Now().Add(patience))
	line, err := bufio.NewReader(r).ReadString('\n')
	if err != nil {
		t.Fatalf("Xephyr did not say its display: %v", err)
	}
	return ":" + strings.TrimSpace(line)
}

func TestPhysicalIsLocal(t *testing.T) {
	outer := xvfb.Start(t, "800x600")
	inner := nested(t, outer)
	events := make(chan Event, 256)
	w, err := Open(Options{Display: inner, OnEvent: func(e Event) { events <- e }})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- w.Run(ctx) }()
	t.Cleanup(func() { cancel(); <-done })
	await := func(what string, ok func(Event) bool) {
		t.Helper()
		for end := time.After(patience); ; {
			select {
			case e := <-events:
				if ok(e) {
					return
				}
			case <-end:
				t.Fatalf("no event: %s", what)
			}
		}
	}

	helper := xvfb.Dial(t, inner)
	key(t, helper, xproto.KeyPress, 38)
	key(t, helper, xproto.KeyRelease, 38)
	await("injected key", func(e Event) bool {
		if e.Physical {
			t.Errorf("%+v of XTEST is physical", e)
		}
		return e.Kind == KeyRelease
	})
	if _, ok := w.Since(); ok {
		t.Error("injected input counts as local")
	}

	person := xvfb.Dial(t, outer)
	for _, x := range []int16{100, 150} {
		if err := xtest.FakeInputChecked(person.Conn, xproto.MotionNotify, 0, 0, person.Root, x, 100, 0).Check(); err != nil {
			t.Fatal(err)
		}
	}
	key(t, person, xproto.KeyPress, 39)
	key(t, person, xproto.KeyRelease, 39)
	await("physical key", func(e Event) bool { return e.Kind == KeyPress && e.Code == 39 && e.Physical })
	if ago, ok := w.Since(); !ok || ago > patience {
		t.Errorf("Since = %v, %v after physical input", ago, ok)
	}
}
