package input_test

import (
	"errors"
	"fmt"
	"image"
	"math"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"beside/input"
	"beside/input/inputtest"
)

func TestCheck(t *testing.T) {
	long := strings.Repeat("ä", input.MaxText)
	for name, c := range map[string]struct {
		e  input.Event
		ok bool
	}{
		"move":                 {input.Move{X: 0, Y: 1}, true},
		"move outside":         {input.Move{X: 1.01}, false},
		"move negative":        {input.Move{Y: -0.01}, false},
		"move NaN":             {input.Move{X: math.NaN()}, false},
		"button":               {input.Button{Code: 5}, true},
		"button 0":             {input.Button{}, false},
		"button 6":             {input.Button{Code: 6}, false},
		"button outside":       {input.Button{Code: 1, At: input.Move{X: 2}}, false},
		"scroll":               {input.Scroll{DX: -100, DY: 100}, true},
		"scroll far":           {input.Scroll{DY: 100.1}, false},
		"scroll infinite":      {input.Scroll{DX: math.Inf(-1)}, false},
		"scroll NaN":           {input.Scroll{DX: math.NaN()}, false},
		"key first":            {input.Key{Usage: 0x04}, true},
		"key last":             {input.Key{Usage: 0xE7}, true},
		"key error code":       {input.Key{Usage: 0x03}, false},
		"key beyond":           {input.Key{Usage: 0xE8}, false},
		"text":                 {input.Text{S: "äß€ 😀\n\t"}, true},
		"text empty":           {input.Text{}, false},
		"text longest":         {input.Text{S: long}, true},
		"text too long":        {input.Text{S: long + "x"}, false},
		"text escape":          {input.Text{S: "\x1b[A"}, false},
		"text C1":              {input.Text{S: "\u009b"}, false},
		"text carriage return": {input.Text{S: "\r"}, false},
		"text not UTF-8":       {input.Text{S: "\xff"}, false},
		"nothing":              {nil, false},
	} {
		t.Run(name, func(t *testing.T) {
			err := input.Check(c.e)
			if (err == nil) != c.ok || err != nil && !errors.Is(err, input.ErrRefused) {
				t.Errorf("Check = %v, want ok %v", err, c.ok)
			}
		})
	}
}

func TestMoveIn(t *testing.T) {
	area := image.Rect(100, -50, 200, 50)
	for m, want := range map[input.Move]image.Point{
		{}:               {X: 100, Y: -50},
		{X: 1, Y: 1}:     {X: 199, Y: 49},
		{X: 0.5, Y: 0.5}: {X: 150, Y: 0},
	} {
		if got := input.Place(m, area); got != want {
			t.Errorf("Place(%v) = %v, want %v", m, got, want)
		}
	}
}

func TestWire(t *testing.T) {
	events := []input.Event{
		input.Move{X: 1, Y: 0},
		input.Button{At: input.Move{Y: 1}, Code: 3, Down: true},
		input.Button{Code: 2},
		input.Scroll{DX: -100, DY: 0.5},
		input.Key{Usage: 0xE1, Down: true},
		input.Key{Usage: 4},
		input.Text{S: "äß€😀"},
	}
	var b []byte
	for _, e := range events {
		b = input.Append(b, e)
	}
	var got []input.Event
	for len(b) > 0 {
		var e input.Event
		var err error
		if e, b, err = input.Parse(b); err != nil {
			t.Fatal(err)
		}
		got = append(got, e)
	}
	if !slices.Equal(got, events) {
		t.Errorf("got %v, want %v", got, events)
	}
}

func FuzzParse(f *testing.F) {
	for _, e := range []input.Event{
		input.Move{X: 1}, input.Button{Code: 1, Down: true}, input.Scroll{DY: -3}, input.Key{Usage: 40}, input.Text{S: "hé\n"},
	} {
		f.Add(input.Append(nil, e))
	}
	f.Add([]byte{5, 0xff, 0xff})
	f.Add([]byte{4, 0, 4, 2})
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, b []byte) {
		e, rest, err := input.Parse(b)
		if err != nil {
			if !errors.Is(err, input.ErrBad) || e != nil {
				t.Fatalf("Parse = %v, %v", e, err)
			}
			return
		}
		if err := input.Check(e); err != nil {
			t.Fatalf("Parse let through %v", err)
		}
		if got, want := string(input.Append(nil, e)), string(b[:len(b)-len(rest)]); got != want {
			t.Fatalf("there and back: % x, want % x", got, want)
		}
	})
}

func TestX11Keys(t *testing.T) {
	for usage, want := range map[uint16]uint8{
		0x04: 38 /* A */, 0x1D: 52 /* Z */, 0x28: 36 /* Enter */, 0x29: 9 /* Escape */, 0x2A: 22, /* Backspace */
		0x2C: 65 /* Space */, 0x3A: 67 /* F1 */, 0x45: 96 /* F12 */, 0x4F: 114 /* Right */, 0x52: 111, /* Up */
		0x58: 104 /* keypad Enter */, 0x64: 94 /* beside left Shift */, 0xE0: 37, 0xE1: 50, 0xE6: 108 /* AltGr */, 0xE7: 134,
	} {
		if got, ok := input.X11FromUsage(usage); got != want || !ok {
			t.Errorf("X11FromUsage(%#x) = %d, want %d", usage, got, want)
		}
	}
	for usage := uint16(0); usage < 0x200; usage++ {
		code, ok := input.X11FromUsage(usage)
		if !ok {
			continue
		}
		if input.Check(input.Key{Usage: usage}) != nil {
			t.Errorf("usage %#x has a key but does not pass Check", usage)
		}
		if back, ok := input.UsageFromX11(code); !ok || back != usage {
			t.Errorf("usage %#x → %d → %#x", usage, code, back)
		}
	}
	if _, ok := input.UsageFromX11(8); ok {
		t.Error("key code 8 has a usage")
	}
}

func TestFilterContract(t *testing.T) {
	area := func() image.Rectangle { return image.Rect(0, 0, 100, 100) }
	for name, wrap := range map[string]func(input.Injector) input.Injector{
		"Held":       func(n input.Injector) input.Injector { return input.NewHeld(n) },
		"LocalWins":  func(n input.Injector) input.Injector { return input.NewLocalWins(n, &local{}) },
		"OwnWindows": func(n input.Injector) input.Injector { return input.NewOwnWindows(n, &windows{}, area) },
	} {
		t.Run(name, func(t *testing.T) { inputtest.FilterContract(t, wrap) })
	}
}

func TestHeld(t *testing.T) {
	var r inputtest.Recorder
	h := input.NewHeld(&r)
	shift, a := input.Key{Usage: 0xE1, Down: true}, input.Key{Usage: 4, Down: true}
	left := input.Button{At: input.Move{X: 0.5}, Code: 1, Down: true}
	for _, e := range []input.Event{shift, a, a, left, input.Key{Usage: 9}, input.Key{Usage: 4}} {
		if err := h.Inject(e); err != nil {
			t.Fatal(err)
		}
	}
	if got, want := r.Take(), []input.Event{shift, a, left, input.Key{Usage: 4}}; !slices.Equal(got, want) {
		t.Errorf("passed on %v, want %v", got, want)
	}
	if err := h.ReleaseAll(); err != nil {
		t.Fatal(err)
	}
	up := []input.Event{input.Button{At: left.At, Code: 1}, input.Key{Usage: 0xE1}}
	if got := r.Take(); !slices.Equal(got, up) {
		t.Errorf("lifted %v, want %v", got, up)
	}
	if err := h.ReleaseAll(); err != nil || len(r.Take()) != 0 {
		t.Error("a second ReleaseAll did something")
	}
	if err := h.Close(); err != nil {
		t.Fatal(err)
	}
	if err := h.Inject(a); !errors.Is(err, input.ErrClosed) || !errors.Is(err, input.ErrRefused) {
		t.Errorf("Inject after Close = %v", err)
	}
}

func TestHeldErrors(t *testing.T) {
	broken := errors.New("broken")
	a, up := input.Key{Usage: 4, Down: true}, input.Key{Usage: 4}
	for name, c := range map[string]struct {
		errs []error // of the press, and of the first release
		want []input.Event
	}{
		"press may have happened": {[]error{broken}, []input.Event{up}},
		"press refused":           {[]error{fmt.Errorf("%w: %w", input.ErrRefused, input.ErrLocal)}, nil},
		"release failed once":     {[]error{nil, broken}, []input.Event{a, up}},
	} {
		t.Run(name, func(t *testing.T) {
			var r inputtest.Recorder
			r.Fail(c.errs...)
			h := input.NewHeld(&r)
			_ = h.Inject(a)
			_ = h.ReleaseAll()
			_ = h.ReleaseAll()
			if got := r.Take(); !slices.Equal(got, c.want) {
				t.Errorf("passed on %v, want %v", got, c.want)
			}
		})
	}
}

func TestHeldConcurrent(t *testing.T) {
	var r inputtest.Recorder
	h := input.NewHeld(&r)
	var wg sync.WaitGroup
	for i := range 4 {
		wg.Go(func() {
			for range 200 {
				_ = h.Inject(input.Key{Usage: uint16(4 + i), Down: true})
				_ = h.ReleaseAll()
			}
		})
	}
	wg.Wait()
	_ = h.Close()
	down := map[uint16]bool{}
	for _, e := range r.Events() {
		k := e.(input.Key)
		if down[k.Usage] == k.Down {
			t.Fatalf("key %#x went down=%v twice", k.Usage, k.Down)
		}
		down[k.Usage] = k.Down
	}
	for k, d := range down {
		if d {
			t.Errorf("key %#x is still down", k)
		}
	}
}

type local struct{ last time.Time }

func (l *local) Since() (time.Duration, bool) { return time.Since(l.last), !l.last.IsZero() }

func TestLocalWins(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var r inputtest.Recorder
		l := &local{last: time.Now()}
		in := input.NewLocalWins(&r, l)
		for _, e := range []input.Event{
			input.Move{}, input.Button{Code: 1, Down: true}, input.Scroll{DY: 1}, input.Key{Usage: 4, Down: true}, input.Text{S: "a"},
		} {
			if err := in.Inject(e); !errors.Is(err, input.ErrLocal) || !errors.Is(err, input.ErrRefused) {
				t.Errorf("Inject(%T) = %v, want ErrLocal", e, err)
			}
		}
		up := []input.Event{input.Key{Usage: 4}, input.Button{Code: 1}}
		for _, e := range up {
			if err := in.Inject(e); err != nil {
				t.Errorf("release refused: %v", err)
			}
		}
		if got := r.Take(); !slices.Equal(got, up) {
			t.Errorf("passed on %v, want %v", got, up)
		}
		time.Sleep(input.LocalFor) //nolint:forbidigo // a hand that takes its time
		if err := in.Inject(input.Move{}); err != nil {
			t.Errorf("Inject after the quiet time = %v", err)
		}
	})
}

type windows struct {
	at    image.Rectangle
	focus bool
}

func (w *windows) OwnAt(p image.Point) bool { return p.In(w.at) }
func (w *windows) OwnFocused() bool         { return w.focus }

func TestOwnWindows(t *testing.T) {
	area := image.Rect(1000, 0, 1101, 101)
	over, beside := input.Move{X: 0.5, Y: 0.5}, input.Move{X: 0.1, Y: 0.1}
	own := image.Rect(1040, 40, 1060, 60)
	for name, c := range map[string]struct {
		w    windows
		area image.Rectangle
		e    input.Event
		ok   bool
	}{
		"press over":      {windows{at: own}, area, input.Button{At: over, Code: 1, Down: true}, false},
		"press beside":    {windows{at: own}, area, input.Button{At: beside, Code: 1, Down: true}, true},
		"release over":    {windows{at: own}, area, input.Button{At: over, Code: 1}, true},
		"scroll over":     {windows{at: own}, area, input.Scroll{At: over, DY: 1}, false},
		"move over":       {windows{at: own}, area, over, true},
		"key in focus":    {windows{focus: true}, area, input.Key{Usage: 4, Down: true}, false},
		"key up in focus": {windows{focus: true}, area, input.Key{Usage: 4}, true},
		"text in focus":   {windows{focus: true}, area, input.Text{S: "a"}, false},
		"key elsewhere":   {windows{at: own}, area, input.Key{Usage: 4, Down: true}, true},
	} {
		t.Run(name, func(t *testing.T) {
			var r inputtest.Recorder
			in := input.NewOwnWindows(&r, &c.w, func() image.Rectangle { return c.area })
			err := in.Inject(c.e)
			if c.ok != (err == nil) || !c.ok && !errors.Is(err, input.ErrOwn) || c.ok != (len(r.Events()) == 1) {
				t.Errorf("Inject = %v, passed on %v, want ok %v", err, r.Events(), c.ok)
			}
		})
	}
}
