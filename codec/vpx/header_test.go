package vpx

import (
	"image"
	"testing"
)

// bits packs values of the given widths, most significant first.
func bits(fields ...[2]uint32) []byte {
	var out []byte
	n := 0
	for _, f := range fields {
		for i := int(f[0]) - 1; i >= 0; i-- {
			if n%8 == 0 {
				out = append(out, 0)
			}
			out[n/8] |= byte(f[1]>>i&1) << (7 - n%8)
			n++
		}
	}
	return append(out, 0)
}

// Only frames as an Encoder of this size makes them get past the header.
func TestHeader(t *testing.T) {
	start := func(profile, existing, inter, shown, resilient uint32) [][2]uint32 {
		return [][2]uint32{{2, 2}, {1, profile & 1}, {1, profile >> 1}, {1, existing}, {1, inter}, {1, shown}, {1, resilient}}
	}
	key := func(space, full, sub, w, h uint32) [][2]uint32 {
		return append(start(1, 0, 0, 1, 1), [][2]uint32{{24, 0x498342}, {3, space}, {1, full}, {2, sub}, {1, 0}, {16, w - 1}, {16, h - 1}}...)
	}
	refs := [][2]uint32{{8, 1}, {12, 0}}
	inter := func(tail ...[2]uint32) [][2]uint32 { return append(append(start(1, 0, 1, 1, 1), refs...), tail...) }
	for name, tc := range map[string]struct {
		fields  [][2]uint32
		ok, key bool
	}{
		"key":                   {key(2, 1, 0, 64, 48), true, true},
		"key, size":             {key(2, 1, 0, 65, 48), false, false},
		"key, huge":             {key(2, 1, 0, 65536, 65536), false, false},
		"key, colours":          {key(1, 1, 0, 64, 48), false, false},
		"key, range":            {key(2, 0, 0, 64, 48), false, false},
		"key, 4:2:2":            {key(2, 1, 2, 64, 48), false, false},
		"inter, first's size":   {inter([2]uint32{1, 1}), true, false},
		"inter, third's size":   {inter([2]uint32{3, 1}), true, false},
		"inter, own size":       {inter([2]uint32{3, 0}, [2]uint32{16, 63}, [2]uint32{16, 47}), true, false},
		"inter, other size":     {inter([2]uint32{3, 0}, [2]uint32{16, 63999}, [2]uint32{16, 47}), false, false},
		"profile 0":             {append(start(0, 0, 1, 1, 1), refs...), false, false},
		"profile 3":             {append(start(3, 0, 1, 1, 1), refs...), false, false},
		"shows an existing one": {start(1, 1, 1, 1, 1), false, false},
		"hidden":                {append(start(1, 0, 1, 0, 1), refs...), false, false},
		"lasting entropy":       {append(start(1, 0, 1, 1, 0), refs...), false, false},
		"cut short":             {start(1, 0, 0, 1, 1), false, false},
		"nothing":               {nil, false, false},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := parseHeader(bits(tc.fields...), image.Pt(64, 48))
			if (err == nil) != tc.ok || err == nil && got != tc.key {
				t.Errorf("key %v, %v; want ok %v, key %v", got, err, tc.ok, tc.key)
			}
		})
	}
}
