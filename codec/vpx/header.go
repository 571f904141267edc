package vpx

import "image"

// parseHeader reads the start of a frame, says whether it is a key frame, and refuses everything that an Encoder of this
// size would not have made: another profile, colour format or size, hidden frames, frames
// that show an older one, and entropy state that outlives a frame. libvpx must never see
// those: it would allocate for any size that a header names.
func parseHeader(data []byte, size image.Point) (key bool, err error) {
	r := bitReader{data: data}
	if r.take(2) != 2 { // frame marker
		return false, ErrStream
	}
	if low, high := r.take(1), r.take(1); low != 1 || high != 0 { // profile 1
		return false, ErrStream
	}
	if r.take(1) != 0 { // shows an existing frame
		return false, ErrStream
	}
	inter, shown, resilient := r.take(1), r.take(1), r.take(1)
	if shown != 1 || resilient != 1 {
		return false, ErrStream
	}
	if inter == 0 {
		const bt709, full = 2, 1
		if r.take(24) != 0x498342 || r.take(3) != bt709 || r.take(1) != full || r.take(3) != 0 { // 4:4:4, reserved 0
			return false, ErrStream
		}
		return true, r.sizeIs(size)
	}
	r.take(8)           // the slots it becomes
	r.take(3 * (3 + 1)) // the three slots it may use, and their sign
	for range 3 {
		if r.take(1) == 1 { // the size of that slot: all slots have this size
			return false, r.end()
		}
	}
	return false, r.sizeIs(size)
}

// bitReader reads bits, most significant first; past the end it reads zeros and says so.
type bitReader struct {
	data []byte
	at   int
	past bool
}

func (r *bitReader) take(n int) uint32 {
	v := uint32(0)
	for range n {
		v <<= 1
		if r.at>>3 >= len(r.data) {
			r.past = true
			continue
		}
		v |= uint32(r.data[r.at>>3]>>(7-r.at&7)) & 1
		r.at++
	}
	return v
}

func (r *bitReader) end() error {
	if r.past {
		return ErrStream
	}
	return nil
}

// sizeIs reads a frame size.
func (r *bitReader) sizeIs(size image.Point) error {
	if w, h := r.take(16)+1, r.take(16)+1; int(w) != size.X || int(h) != size.Y {
		return ErrStream
	}
	return r.end()
}
