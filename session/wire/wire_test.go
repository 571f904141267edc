package wire_test

import (
	"bytes"
	"errors"
	"image"
	"reflect"
	"strings"
	"testing"

	"beside/frame"
	"beside/input"
	"beside/policy"
	"beside/session/wire"
)

func messages() map[string]wire.Message {
	shape := &frame.CursorShape{Size: image.Pt(2, 3), Hot: image.Pt(1, 2), Pix: bytes.Repeat([]byte{7}, 24)}
	return map[string]wire.Message{
		"hello":     wire.Hello{MAC: [64]byte{1, 2, 63: 9}},
		"cards":     wire.Cards{Helper: [32]byte{1}, Sharer: [32]byte{2}, State: policy.StateNotEnrolled},
		"want":      wire.Want{Rights: policy.View | policy.Control},
		"cancel":    wire.CancelWant{},
		"give back": wire.GiveBack{Keep: policy.View},
		"asking":    wire.Asking{Rights: policy.View},
		"denied":    wire.Denied{Rights: policy.Control},
		"rights":    wire.Rights{Rights: policy.View, Epoch: 1 << 31, By: 2},
		"ping":      wire.Ping{N: 1 << 60},
		"pong":      wire.Pong{N: 7},
		"local":     wire.Local{Active: true},
		"arrow":     wire.Shape{},
		"shape":     wire.Shape{Shape: shape},
		"end":       wire.End{Code: "grant.expired"},
		"expiring":  wire.Expiring{},
		"paused":    wire.Paused{On: true, Epoch: 1 << 31},
		"continued": wire.Paused{Epoch: 7},
		"ink clear": wire.InkClear{Upto: 1 << 31},
		"monitors": wire.Monitors{Shown: 3, List: []wire.Monitor{
			{N: 1, Bounds: image.Rect(-1920, 0, 0, 1080), Primary: true}, {N: 3, Bounds: image.Rect(0, -5, 1, 11)},
		}},
		"all monitors": wire.Monitors{All: true, List: []wire.Monitor{{N: 255, Bounds: image.Rect(0, 0, 8192, 8192)}}},
		"no monitor":   wire.Monitors{},
		"show":         wire.Show{Monitor: 7},
	}
}

func TestControlRoundTrip(t *testing.T) {
	for name, m := range messages() {
		t.Run(name, func(t *testing.T) {
			b := wire.Append(nil, m)
			got, err := wire.Parse(b)
			if err != nil || !reflect.DeepEqual(got, m) {
				t.Fatalf("got %#v, %v; want %#v", got, err, m)
			}
			for i := range b {
				if _, err := wire.Parse(b[:i]); err == nil && i != len(b) && !cutIsValid(m, i) {
					t.Errorf("accepted when cut to %d bytes", i)
				}
			}
			if _, err := wire.Parse(append(b, 0)); err == nil {
				t.Error("accepted with a byte left over")
			}
		})
	}
}

// An End's code and an absent shape have no fixed length.
func cutIsValid(m wire.Message, n int) bool {
	switch m := m.(type) {
	case wire.End:
		return n > 1
	case wire.Shape:
		return n == 1
	case wire.Monitors: // also of a shorter list, as long as that has what is shown
		return n >= 3 && (n-3)%14 == 0 && m.Shown == 0
	}
	return false
}

func TestControlRefuses(t *testing.T) {
	for name, b := range map[string][]byte{
		"empty":            {},
		"unknown type":     {200, 1, 2},
		"unknown right":    {3, 0x80, 0, 0, 0},
		"state beyond":     append(append([]byte{2}, make([]byte, 64)...), 9),
		"flag beyond":      {11, 2},
		"pause beyond":     {15, 2, 0, 0, 0, 0},
		"huge shape":       {12, 0xFF, 0xFF, 0xFF, 0xFF, 0, 0, 0, 0},
		"hot spot outside": append([]byte{12, 0, 1, 0, 1, 0, 1, 0, 0}, 1, 2, 3, 4),
		"end with a space": []byte("\x0dab c"),
		"end too long":     append([]byte{13}, strings.Repeat("a", 33)...),
		"monitors flag":    {17, 0, 2},
		"shown not there":  monitorBytes(2, wire.Monitor{N: 1, Bounds: image.Rect(0, 0, 9, 9)}),
		"monitor 0":        monitorBytes(0, wire.Monitor{Bounds: image.Rect(0, 0, 9, 9)}),
		"monitor twice":    monitorBytes(0, wire.Monitor{N: 1, Bounds: image.Rect(0, 0, 9, 9)}, wire.Monitor{N: 1, Bounds: image.Rect(0, 0, 9, 9)}),
		"no size":          monitorBytes(0, wire.Monitor{N: 1}),
		"too large":        monitorBytes(0, wire.Monitor{N: 1, Bounds: image.Rect(0, 0, 16385, 9)}),
		"too far":          monitorBytes(0, wire.Monitor{N: 1, Bounds: image.Rect(1<<21, 0, 1<<21+9, 9)}),
		"too many":         append([]byte{17, 0, 0}, make([]byte, 14*17)...),
		"show too long":    {18, 1, 1},
	} {
		t.Run(name, func(t *testing.T) {
			if m, err := wire.Parse(b); !errors.Is(err, wire.ErrBad) {
				t.Fatalf("got %#v, %v", m, err)
			}
		})
	}
}

func monitorBytes(shown uint8, list ...wire.Monitor) []byte {
	return wire.Append(nil, wire.Monitors{Shown: shown, List: list})
}

// Before the link only the words of agreement may be said.
func TestSealedRefusesWhatBelongsToTheLink(t *testing.T) {
	allowed := map[string]bool{"want": true, "cancel": true, "asking": true, "denied": true, "end": true}
	for name, m := range messages() {
		_, err := wire.ParseSealed(wire.AppendSealed(nil, m))
		if (err == nil) != allowed[name] {
			t.Errorf("%s: %v", name, err)
		}
	}
	a := wire.Address{Description: []byte("x")}
	if got, err := wire.ParseSealed(wire.AppendSealed(nil, a)); err != nil || !reflect.DeepEqual(got, wire.Message(a)) {
		t.Errorf("address: %v %v", got, err)
	}
	if _, err := wire.ParseSealed(wire.AppendSealed(nil, wire.Address{Description: make([]byte, wire.MaxAddress+1)})); err == nil {
		t.Error("an oversize address was accepted")
	}
}

func TestInputRoundTrip(t *testing.T) {
	m := wire.Input{
		Epoch: 3, First: 0xFFFFFFF0, Moved: 9, Move: input.Move{X: 0.25, Y: 1},
		Events: []input.Event{
			input.Key{Usage: 4, Down: true},
			input.Button{At: input.Move{X: 0.5, Y: 0.5}, Code: 1, Down: true},
			input.Text{S: "ü€"},
		},
	}
	got, err := wire.ParseInput(wire.AppendInput(nil, m))
	if err != nil || len(got.Events) != 3 || got.First != m.First || got.Epoch != 3 {
		t.Fatalf("got %#v, %v", got, err)
	}
	bad := wire.AppendInput(nil, wire.Input{First: 1, Events: []input.Event{input.Move{X: 0.1, Y: 0.1}}})
	if _, err := wire.ParseInput(bad); !errors.Is(err, wire.ErrBad) {
		t.Fatalf("a position in the log was accepted: %v", err)
	}
}

func TestAckRoundTrip(t *testing.T) {
	m := wire.Ack{Next: 5, Moved: 6, Seq: 7, X: -3, Y: 1 << 20, Shown: true}
	if got, err := wire.ParseAck(wire.AppendAck(nil, m)); err != nil || got != m {
		t.Fatalf("got %#v, %v", got, err)
	}
}

func FuzzParse(f *testing.F) {
	for _, m := range messages() {
		f.Add(wire.Append(nil, m))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if m, err := wire.Parse(b); err == nil && !bytes.Equal(wire.Append(nil, m), b) {
			t.Fatalf("%x parsed to %#v, which is written otherwise", b, m)
		}
		_, _ = wire.ParseSealed(b)
	})
}

func FuzzParseInput(f *testing.F) {
	f.Add(wire.AppendInput(nil, wire.Input{Epoch: 1, First: 1, Moved: 1, Events: []input.Event{input.Key{Usage: 4, Down: true}}}))
	f.Add(wire.AppendAck(nil, wire.Ack{Next: 1}))
	f.Fuzz(func(t *testing.T, b []byte) {
		if m, err := wire.ParseInput(b); err == nil {
			for _, e := range m.Events {
				if err := input.Check(e); err != nil {
					t.Fatalf("%#v: %v", e, err)
				}
			}
		}
		_, _ = wire.ParseAck(b)
	})
}
