package lv

import "encoding/binary"

// Cat joins parts.
func Cat(parts ...[]byte) []byte {
	var out []byte
	for _, p := range parts {
		out = append(binary.AppendUvarint(out, uint64(len(p))), p...)
	}
	return out
}

// Cut takes exactly n parts apart. Lengths must be in their shortest form, and nothing may follow.
// The parts share b's memory.
func Cut(b []byte, n int) ([][]byte, bool) {
	parts := make([][]byte, 0, n)
	for range n {
		l, used := binary.Uvarint(b)
		if used <= 0 || (used > 1 && b[used-1] == 0) || l > uint64(len(b)-used) {
			return nil, false
		}
		end := used + int(l)
		parts, b = append(parts, b[used:end]), b[end:]
	}
	return parts, len(b) == 0
}
