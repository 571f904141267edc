package lv_test

import (
	"bytes"
	"testing"

	"beside/internal/lv"
)

func TestCut(t *testing.T) {
	for name, tt := range map[string]struct {
		in   []byte
		n    int
		want bool
	}{
		"two parts":         {lv.Cat([]byte("a"), []byte("bc")), 2, true},
		"long part":         {lv.Cat(make([]byte, 300)), 1, true},
		"nothing":           {nil, 0, true},
		"too few":           {lv.Cat([]byte("a")), 2, false},
		"something follows": {append(lv.Cat([]byte("a")), 0), 1, false},
		"cut short":         {[]byte{3, 'a'}, 1, false},
		"longer length":     {[]byte{0x81, 0, 'a'}, 1, false},
		"length overflows":  {bytes.Repeat([]byte{0xff}, 11), 1, false},
	} {
		if parts, ok := lv.Cut(tt.in, tt.n); ok != tt.want {
			t.Errorf("%s: %v %v", name, parts, ok)
		}
	}
}

func FuzzCut(f *testing.F) {
	f.Add(lv.Cat([]byte("a"), []byte("bc")), 2)
	f.Add([]byte{0x80, 0}, 1)
	f.Fuzz(func(t *testing.T, b []byte, n int) {
		if n < 0 || n > 64 {
			return
		}
		if parts, ok := lv.Cut(b, n); ok && !bytes.Equal(lv.Cat(parts...), b) {
			t.Errorf("%x is not the join of its parts", b)
		}
	})
}
