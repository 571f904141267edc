package wire_test

import (
	"bytes"
	"image"
	"testing"

	"beside/frame"
	"beside/input"
	"beside/session/wire"
)

// BenchmarkInput writes and reads what a fast hand makes: some keys and a new place of the pointer.
func BenchmarkInput(b *testing.B) {
	m := wire.Input{Epoch: 1, First: 100, Moved: 50, Move: input.Move{X: 0.3, Y: 0.4}}
	for i := range 4 {
		m.Events = append(m.Events, input.Key{Usage: 4, Down: i%2 == 0})
	}
	var buf []byte
	b.ReportAllocs()
	for b.Loop() {
		buf = wire.AppendInput(buf[:0], m)
		if _, err := wire.ParseInput(buf); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkAck writes and reads the answer to it.
func BenchmarkAck(b *testing.B) {
	m := wire.Ack{Next: 7, Moved: 50, Seq: 9, X: 300, Y: 400, Shown: true}
	var buf []byte
	b.ReportAllocs()
	for b.Loop() {
		buf = wire.AppendAck(buf[:0], m)
		if _, err := wire.ParseAck(buf); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkShape writes and reads a pointer picture of ordinary size.
func BenchmarkShape(b *testing.B) {
	m := wire.Shape{Shape: &frame.CursorShape{Size: image.Pt(24, 24), Hot: image.Pt(1, 2), Pix: bytes.Repeat([]byte{7}, 4*24*24)}}
	var buf []byte
	b.ReportAllocs()
	for b.Loop() {
		buf = wire.Append(buf[:0], m)
		if _, err := wire.Parse(buf); err != nil {
			b.Fatal(err)
		}
	}
}
