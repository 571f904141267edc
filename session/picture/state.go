package picture

import (
	"encoding/binary"
	"slices"
	"time"
)

// state is what the sharer tells beside the pictures: at most a few times a second, and
// only when it is news.
//
//	0   version 1 byte  1
//	1   flags   1 byte  bit 0: exact as of update upTo
//	2   upTo    4 bytes newest update sent
//	6   capture, encode, round trip: 4 bytes each, µs, 0 if unknown
type state struct {
	exact                bool
	upTo                 uint32
	capture, encode, rtt time.Duration
}

const (
	stateLen     = 18
	stateVersion = 1
)

func (s state) append(out []byte) []byte {
	flags := byte(0)
	if s.exact {
		flags = 1
	}
	out = append(out, stateVersion, flags)
	out = binary.BigEndian.AppendUint32(out, s.upTo)
	for _, d := range []time.Duration{s.capture, s.encode, s.rtt} {
		out = binary.BigEndian.AppendUint32(out, uint32(min(d.Microseconds(), 1<<32-1)))
	}
	return out
}

func parseState(b []byte) (state, bool) {
	if len(b) != stateLen || b[0] != stateVersion || b[1] > 1 {
		return state{}, false
	}
	us := func(i int) time.Duration {
		return time.Duration(binary.BigEndian.Uint32(b[i:])) * time.Microsecond
	}
	return state{
		exact: b[1] == 1, upTo: binary.BigEndian.Uint32(b[2:]),
		capture: us(6), encode: us(10), rtt: us(14),
	}, true
}

// recent keeps the last few durations for their median.
type recent struct {
	d [31]time.Duration
	n int
}

func (r *recent) add(d time.Duration) {
	r.d[r.n%len(r.d)] = d
	r.n++
}

func (r *recent) median() time.Duration {
	n := min(r.n, len(r.d))
	if n == 0 {
		return 0
	}
	s := r.d
	slices.Sort(s[:n])
	return s[n/2]
}
