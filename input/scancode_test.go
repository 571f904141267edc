package input_test

import (
	"testing"

	"beside/input"
)

func TestScanFromUsage(t *testing.T) {
	for usage, want := range map[uint16]uint16{
		0x04: 0x1E, 0x1D: 0x2C, 0x1E: 0x02, 0x27: 0x0B, 0x28: 0x1C, 0x29: 0x01, 0x2C: 0x39, 0x39: 0x3A, // a z 1 0 enter esc space caps
		0x3A: 0x3B, 0x45: 0x58, 0x47: 0x46, 0x55: 0x37, 0x59: 0x4F, 0x62: 0x52, 0x64: 0x56, // F1 F12 scroll kp * kp 1 kp 0 <>
		0x52: 0xE048, 0x53: 0xE045, 0x48: 0x45, 0xE0: 0x1D, 0xE1: 0x2A, 0xE2: 0x38, 0xE4: 0xE01D, 0xE5: 0x36, 0xE6: 0xE038,
	} {
		if got, ok := input.ScanFromUsage(usage); !ok || got != want {
			t.Errorf("ScanFromUsage(%#x) = %#x, %v, want %#x", usage, got, ok, want)
		}
	}
	seen := map[uint16]uint16{}
	for u := uint16(0); u < 0x100; u++ {
		scan, ok := input.ScanFromUsage(u)
		if _, x11 := input.X11FromUsage(u); x11 != ok {
			t.Errorf("usage %#x: a scan code %v, a key code %v", u, ok, x11)
		}
		if other, twice := seen[scan]; ok && twice {
			t.Errorf("usages %#x and %#x have one scan code", u, other)
		}
		seen[scan] = u
	}
}
