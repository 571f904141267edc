package x11watch

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/jezek/xgb/xproto"
	"github.com/jezek/xgb/xtest"

	"beside/internal/xconn"
	"beside/internal/xvfb"
)

const patience = 10 * time.Second

func key(t *testing.T, c *xconn.Conn, kind byte, codes ...byte) {
	t.Helper()
	for _, code := range codes {
		if err := xtest.FakeInputChecked(c.Conn, kind, code, 0, c.Root, 0, 0, 0).Check(); err != nil {
			t.Fatal(err)
		}
	}
}

func TestInjectedIsNotLocal(t *testing.T) {
	display := xvfb.Start(t, "320x200")
	events := make(chan Event, 64)
	w, err := Open(Options{Display: display, OnEvent: func(e Event) { events <- e }})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- w.Run(ctx) }()
	c := xvfb.Dial(t, display)
	key(t, c, xproto.KeyPress, 38)
	key(t, c, xproto.KeyRelease, 38)
	for _, want := range []Event{{Kind: KeyPress, Code: 38}, {Kind: KeyRelease, Code: 38}} {
		select {
		case got := <-events:
			if got != want {
				t.Errorf("event %+v, want %+v", got, want)
			}
		case <-time.After(patience):
			t.Fatal("no event")
		}
	}
	if ago, ok := w.Since(); ok {
		t.Errorf("Since = %v ago, want never", ago)
	}
	cancel()
	if err := <-done; err != nil {
		t.Errorf("Run = %v", err)
	}
}

func TestServerDies(t *testing.T) {
	display, stop := xvfb.StartServer(t, "320x200")
	defer stop()
	w, err := Open(Options{Display: display})
	if err != nil {
		t.Fatal(err)
	}
	stop()
	if err := w.Run(t.Context()); !errors.Is(err, ErrGone) {
		t.Errorf("Run = %v, want ErrGone", err)
	}
}

func TestStopKey(t *testing.T) {
	for name, before := range map[string]func(t *testing.T, c *xconn.Conn){
		"plain":     func(*testing.T, *xconn.Conn) {},
		"caps lock": func(t *testing.T, c *xconn.Conn) { key(t, c, xproto.KeyPress, 66); key(t, c, xproto.KeyRelease, 66) },
		"button held": func(t *testing.T, c *xconn.Conn) {
			key(t, c, xproto.ButtonPress, 1)
		},
		"keyboard grabbed by another": func(t *testing.T, c *xconn.Conn) {
			r, err := xproto.GrabKeyboard(c.Conn, false, c.Root, 0, xproto.GrabModeAsync, xproto.GrabModeAsync).Reply()
			if err != nil || r.Status != xproto.GrabStatusSuccess {
				t.Fatalf("grab: %v %v", r, err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			display := xvfb.Start(t, "320x200")
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			c := xvfb.Dial(t, display)
			before(t, c)
			stop, err := StopKey(ctx, display)
			if err != nil {
				t.Fatal(err)
			}
			key(t, c, xproto.KeyPress, codeBackspace)
			key(t, c, xproto.KeyRelease, codeBackspace)
			key(t, c, xproto.KeyPress, codeLeftCtrl, codeRightShift, codeBackspace)
			select {
			case _, ok := <-stop:
				if !ok {
					t.Error("the channel was closed")
				}
			case <-time.After(patience):
				t.Fatal("the stop key was not seen")
			}
			key(t, c, xproto.KeyRelease, codeBackspace, codeRightShift, codeLeftCtrl)
			cancel()
			for range stop {
				t.Error("stopped twice for one press")
			}
		})
	}
}

// TestStopKeyIsHidden checks that the grab keeps the key from the program in focus.
func TestStopKeyIsHidden(t *testing.T) {
	display := xvfb.Start(t, "320x200")
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	stop, err := StopKey(ctx, display)
	if err != nil {
		t.Fatal(err)
	}
	c := xvfb.Dial(t, display)
	id, _ := xproto.NewWindowId(c.Conn)
	err = xproto.CreateWindowChecked(c.Conn, 0, id, c.Root, 0, 0, 320, 200, 0, xproto.WindowClassInputOutput, 0,
		xproto.CwEventMask, []uint32{xproto.EventMaskKeyPress}).Check()
	if err != nil {
		t.Fatal(err)
	}
	if err := xproto.MapWindowChecked(c.Conn, id).Check(); err != nil {
		t.Fatal(err)
	}
	if err := xproto.SetInputFocusChecked(c.Conn, 0, id, 0).Check(); err != nil {
		t.Fatal(err)
	}
	const a = 38
	key(t, c, xproto.KeyPress, codeLeftCtrl, codeLeftShift, codeBackspace)
	key(t, c, xproto.KeyRelease, codeBackspace, codeLeftShift, codeLeftCtrl)
	key(t, c, xproto.KeyPress, a)
	key(t, c, xproto.KeyRelease, a)
	select {
	case <-stop:
	case <-time.After(patience):
		t.Fatal("the stop key was not seen")
	}
	for {
		ev, xerr := c.WaitForEvent()
		if ev == nil && xerr == nil {
			t.Fatal("the connection ended")
		}
		if k, ok := ev.(xproto.KeyPressEvent); ok {
			if k.Detail == codeBackspace {
				t.Error("the program got the stop key")
			}
			if k.Detail == a {
				return
			}
		}
	}
}
