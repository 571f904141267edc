//go:build linux && cgo

package robot

import (
	"image"
	"testing"

	"beside/input"
	"beside/internal/xvfb"
)

// BenchmarkInject tells what each kind of event costs until the server has it.
func BenchmarkInject(b *testing.B) {
	r := open(b, xvfb.Start(b, "640x480"), image.Rect(0, 0, 640, 480))
	places := [2]input.Move{{X: 0.25, Y: 0.25}, {X: 0.75, Y: 0.75}}
	for _, c := range []struct {
		name   string
		events func(at input.Move) []input.Event
	}{
		{"key", func(input.Move) []input.Event {
			return []input.Event{input.Key{Usage: 4, Down: true}, input.Key{Usage: 4}}
		}},
		{"move", func(at input.Move) []input.Event { return []input.Event{at} }},
		{"click", func(at input.Move) []input.Event {
			return []input.Event{input.Button{At: at, Code: 1, Down: true}, input.Button{At: at, Code: 1}}
		}},
		{"back", func(at input.Move) []input.Event {
			return []input.Event{input.Button{At: at, Code: 4, Down: true}, input.Button{At: at, Code: 4}}
		}},
		{"scroll", func(at input.Move) []input.Event { return []input.Event{input.Scroll{At: at, DY: 1}} }},
	} {
		b.Run(c.name, func(b *testing.B) {
			n := 0
			for b.Loop() {
				inject(b, r, c.events(places[n&1])...)
				n++
			}
		})
	}
}
