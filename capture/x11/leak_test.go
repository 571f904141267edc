package x11

import (
	"runtime"
	"testing"
	"time"

	"github.com/jezek/xgb/xproto"

	"beside/frame"
	"beside/internal/xvfb"
)

// settled waits until there are no more goroutines than before.
func settled(t *testing.T, before int) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); runtime.NumGoroutine() > before; time.Sleep(10 * time.Millisecond) { //nolint:forbidigo // goroutines tell nobody that they end
		if time.Now().After(end) {
			buf := make([]byte, 1<<16)
			t.Fatalf("%d goroutines, %d before\n%s", runtime.NumGoroutine(), before, buf[:runtime.Stack(buf, true)])
		}
	}
}

func TestNoGoroutineStays(t *testing.T) {
	display, stop := xvfb.StartServer(t, "320x200")
	defer stop()
	before := runtime.NumGoroutine()
	b := New(Options{Display: display})
	for range 10 {
		if _, err := b.Displays(t.Context()); err != nil {
			t.Fatal(err)
		}
		s, err := b.Open(t.Context(), "")
		if err != nil {
			t.Fatal(err)
		}
		var f frame.Frame
		if err := s.Next(t.Context(), &f); err != nil {
			t.Fatal(err)
		}
		_ = s.Close()
		if _, err := b.Open(t.Context(), "no such monitor"); err == nil {
			t.Fatal("opened a monitor that is not there")
		}
	}
	settled(t, before)
	s, err := b.Open(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	stop()
	for err == nil {
		err = s.Next(t.Context(), new(frame.Frame))
	}
	settled(t, before) // also without Close
}

func TestCloseDuringServerGrab(t *testing.T) {
	display := xvfb.Start(t, "320x200")
	s, err := New(Options{Display: display}).Open(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	p := newPainter(t, display)
	if err := xproto.GrabServerChecked(p.c.Conn).Check(); err != nil {
		t.Fatal(err)
	}
	next := make(chan error, 1)
	go func() { next <- s.Next(t.Context(), new(frame.Frame)) }() // waits for the server
	closed := make(chan struct{})
	go func() { _ = s.Close(); close(closed) }()
	select {
	case <-closed:
	case <-time.After(10 * time.Second):
		t.Fatal("Close waits for another client's grab")
	}
	if err := <-next; err == nil {
		t.Error("Next succeeded during the grab")
	}
}
