package glass

import (
	"image"
	"reflect"
	"testing"

	"beside/input"
)

// A picture of 101 by 101 pixels at 100,100: a device pixel is a hundredth.
func pressed(t *testing.T) *translator {
	t.Helper()
	return &translator{on: true, lay: arrange(Fit, image.Rect(100, 100, 201, 201), image.Pt(101, 101), image.Point{})}
}

func TestTranslator(t *testing.T) {
	at := func(x, y float64) input.Move { return input.Move{X: x, Y: y} }
	type ev = input.Event
	for name, c := range map[string]struct {
		do   func(tr *translator) []ev
		want []ev
	}{
		"a move": {func(tr *translator) []ev { return tr.motion(150, 125, false) }, []ev{at(.5, .25)}},
		"a move twice is one": {func(tr *translator) []ev {
			return append(tr.motion(150, 125, false), tr.motion(150, 125, false)...)
		}, []ev{at(.5, .25)}},
		"outside":         {func(tr *translator) []ev { return tr.motion(99, 125, false) }, nil},
		"under a menu":    {func(tr *translator) []ev { return tr.motion(150, 125, true) }, nil},
		"without control": {func(tr *translator) []ev { tr.on = false; return tr.motion(150, 125, false) }, nil},
		"a drag out, released outside": {func(tr *translator) []ev {
			out, _ := tr.button(1, true, 150, 150, false)
			out = append(out, tr.motion(400, 150, true)...)
			up, _ := tr.button(1, false, 400, 90, true)
			out = append(out, up...)
			return append(out, tr.motion(400, 150, false)...)
		}, []ev{
			input.Button{At: at(.5, .5), Code: 1, Down: true},
			at(1, .5),
			input.Button{At: at(1, 0), Code: 1},
		}},
		"a press outside, released inside": {func(tr *translator) []ev {
			out, _ := tr.button(1, true, 50, 150, false)
			up, _ := tr.button(1, false, 150, 150, false)
			return append(out, up...)
		}, nil},
		"a second button outside, during a drag": {func(tr *translator) []ev {
			tr.button(1, true, 150, 150, false)
			out, _ := tr.button(3, true, 300, 300, false)
			return out
		}, []ev{input.Button{At: at(1, 1), Code: 3, Down: true}}},
		"a release without control": {func(tr *translator) []ev {
			tr.button(1, true, 150, 150, false)
			tr.on = false
			out, _ := tr.button(1, false, 150, 150, false)
			return out
		}, []ev{input.Button{At: at(.5, .5), Code: 1}}},
		"a lost release": {func(tr *translator) []ev {
			tr.button(1, true, 150, 150, false)
			out, _ := tr.button(1, true, 150, 150, false)
			return out
		}, nil},
		"an unknown button": {func(tr *translator) []ev { out, _ := tr.button(0, true, 150, 150, false); return out }, nil},
		"the wheel down and right": {func(tr *translator) []ev {
			out, _ := tr.scroll(-2, -1, 150, 150, false)
			return out
		}, []ev{input.Scroll{At: at(.5, .5), DX: 2, DY: 1}}},
		"a mad wheel": {func(tr *translator) []ev {
			out, _ := tr.scroll(0, 1e9, 150, 150, false)
			return out
		}, []ev{input.Scroll{At: at(.5, .5), DY: -100}}},
		"the wheel under a menu": {func(tr *translator) []ev { out, _ := tr.scroll(0, 1, 150, 150, true); return out }, nil},
		"a key": {func(tr *translator) []ev {
			out, _ := tr.key(4, true)
			up, _ := tr.key(4, false)
			return append(out, up...)
		}, []ev{input.Key{Usage: 4, Down: true}, input.Key{Usage: 4}}},
		"a key held when control ends": {func(tr *translator) []ev {
			tr.key(4, true)
			tr.key(0xE1, true)
			tr.button(2, true, 150, 150, false)
			out := tr.release()
			up, _ := tr.key(4, false)
			return append(out, up...)
		}, []ev{input.Key{Usage: 0xE1}, input.Key{Usage: 4}, input.Button{At: at(.5, .5), Code: 2}}},
		"the host key stays here": {func(tr *translator) []ev {
			out, _ := tr.key(usageHost, true)
			k, _ := tr.key(4, true)
			up, _ := tr.key(usageHost, false)
			return append(append(out, k...), up...)
		}, nil},
		"a key without a place": {func(tr *translator) []ev { out, _ := tr.key(0, true); return out }, nil},
		"keys without control":  {func(tr *translator) []ev { tr.on = false; out, _ := tr.key(4, true); return out }, nil},
	} {
		t.Run(name, func(t *testing.T) {
			if got := c.do(pressed(t)); len(got)+len(c.want) > 0 && !reflect.DeepEqual(got, c.want) {
				t.Errorf("got %v, want %v", got, c.want)
			}
		})
	}
}

// Whatever happens, after release nothing is down on the other side.
func FuzzTranslatorLeavesNothingDown(f *testing.F) {
	f.Add([]byte{1, 4, 2, 9, 3, 0, 0xFF, 7})
	f.Add([]byte{0, 0, 3, 3, 5, 5, 1, 1, 2, 2})
	f.Fuzz(func(t *testing.T, script []byte) {
		tr := pressed(t)
		keys, buttons := map[uint16]bool{}, map[uint8]bool{}
		see := func(es []input.Event) {
			for _, e := range es {
				switch e := e.(type) {
				case input.Key:
					if keys[e.Usage] == e.Down {
						t.Fatalf("key %v twice", e)
					}
					keys[e.Usage] = e.Down
				case input.Button:
					if buttons[e.Code] == e.Down {
						t.Fatalf("button %v twice", e)
					}
					buttons[e.Code] = e.Down
				}
			}
		}
		for i := 0; i+1 < len(script); i += 2 {
			a, b := script[i], script[i+1]
			x, y := float64(90+a), float64(80+b)
			var es []input.Event
			switch a % 5 {
			case 0:
				es = tr.motion(x, y, b&1 == 0)
			case 1:
				es, _ = tr.button(b%7, b&8 == 0, x, y, b&16 == 0)
			case 2:
				es, _ = tr.key(uint16(b), a&64 == 0)
			case 3:
				es, _ = tr.scroll(float64(a), float64(b), x, y, false)
			case 4:
				tr.on = b&1 == 0
			}
			see(es)
		}
		see(tr.release())
		for k, down := range keys {
			if down {
				t.Errorf("key %#x stays down", k)
			}
		}
		for k, down := range buttons {
			if down {
				t.Errorf("button %d stays down", k)
			}
		}
	})
}
