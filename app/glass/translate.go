package glass

import (
	"math"
	"slices"

	"beside/input"
)

// usageHost is the key that stays on this machine: right Ctrl.
const usageHost = 0xE4

// maxScroll is the most detents one Scroll carries.
const maxScroll = 100

// translator turns what the window reports into input events. It remembers what is
// held down, so that nothing stays down on the other machine. Positions are device
// pixels of the window. blocked says that something of our own lies over the picture
// at that place. It knows nothing of windows and clocks. Not safe for concurrent use.
type translator struct {
	on      bool // the helper controls
	host    bool // the host key is down
	lay     layout
	keys    []uint16 // usages held, in the order they went down
	buttons []uint8  // codes held, in the order they went down
	at      input.Move
	moved   bool // at was sent
}

// motion: the pointer is at x,y.
func (t *translator) motion(x, y float64, blocked bool) []input.Event {
	if !t.on || t.lay.empty() || len(t.buttons) == 0 && (blocked || !t.lay.covers(x, y)) {
		return nil
	}
	m := t.lay.fraction(x, y)
	if t.moved && m == t.at {
		return nil
	}
	t.at, t.moved = m, true
	return []input.Event{m}
}

// button: a mouse button went down or up. ours is false when it belongs to our own
// window: a press elsewhere and its release, wherever that comes.
func (t *translator) button(code uint8, down bool, x, y float64, blocked bool) (out []input.Event, ours bool) {
	held := slices.Contains(t.buttons, code)
	switch {
	case !down && held:
		t.buttons = slices.DeleteFunc(t.buttons, func(c uint8) bool { return c == code })
	case !down:
		return nil, false
	case !t.on || code == 0 || t.lay.empty():
		return nil, false
	case len(t.buttons) == 0 && (blocked || !t.lay.covers(x, y)):
		return nil, false
	case held: // a release was lost: the other side must not see two presses
		return nil, true
	default:
		t.buttons = append(t.buttons, code)
	}
	t.at, t.moved = t.lay.fraction(x, y), true
	return []input.Event{input.Button{At: t.at, Code: code, Down: down}}, true
}

// scroll: the wheel moved by detents as GLFW counts them, positive left and up.
func (t *translator) scroll(dx, dy, x, y float64, blocked bool) (out []input.Event, ours bool) {
	if !t.on || blocked || !t.lay.covers(x, y) {
		return nil, false
	}
	dx, dy = clampScroll(-dx), clampScroll(-dy)
	if dx == 0 && dy == 0 {
		return nil, true
	}
	t.at, t.moved = t.lay.fraction(x, y), true
	return []input.Event{input.Scroll{At: t.at, DX: dx, DY: dy}}, true
}

func clampScroll(d float64) float64 {
	if math.IsNaN(d) || d == 0 { // also turns -0 into 0
		return 0
	}
	return min(max(d, -maxScroll), maxScroll)
}

// key: a key went down or up; repeats must not come here. Usage 0 is a key without a
// place. While the host key is down every key belongs to our own window.
func (t *translator) key(usage uint16, down bool) (out []input.Event, ours bool) {
	if usage == usageHost {
		t.host = down
		return nil, false
	}
	if !down {
		if i := slices.Index(t.keys, usage); i >= 0 {
			t.keys = slices.Delete(t.keys, i, i+1)
			return []input.Event{input.Key{Usage: usage}}, true
		}
		return nil, false
	}
	if !t.on || t.host {
		return nil, false
	}
	if usage == 0 || slices.Contains(t.keys, usage) {
		return nil, true
	}
	t.keys = append(t.keys, usage)
	return []input.Event{input.Key{Usage: usage, Down: true}}, true
}

// release lets go of everything held, last first, where the pointer was last.
func (t *translator) release() []input.Event {
	var out []input.Event
	for _, u := range slices.Backward(t.keys) {
		out = append(out, input.Key{Usage: u})
	}
	for _, c := range slices.Backward(t.buttons) {
		out = append(out, input.Button{At: t.at, Code: c})
	}
	t.keys, t.buttons, t.host, t.moved = t.keys[:0], t.buttons[:0], false, false
	return out
}
