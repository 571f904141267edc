package pair

import "testing"

// BenchmarkPairing is one honest pairing, both sides, up to the keys.
func BenchmarkPairing(b *testing.B) {
	x := honest()
	b.ReportAllocs()
	for b.Loop() {
		h, p1, err := NewHelper(x.c, x.lh, x.secret)
		if err != nil {
			b.Fatal(err)
		}
		s, err := NewSharer(x.cs, x.ls, x.typed)
		if err != nil {
			b.Fatal(err)
		}
		p2, err := s.Respond(p1)
		if err != nil {
			b.Fatal(err)
		}
		ta, err := h.Confirm(p2)
		if err != nil {
			b.Fatal(err)
		}
		tb, _, err := s.Finish(ta)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := h.Finish(tb); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkParseCode reads a code as a person types it.
func BenchmarkParseCode(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, _, err := ParseCode("2345-k7qx"); err != nil {
			b.Fatal(err)
		}
	}
}
