package link

// window remembers which serial numbers were seen, the newest and those just below it.
type window struct {
	begun  bool
	newest uint32
	bits   [mapBits / 64]uint64 // bit k: newest-1-k
}

// add says whether n is new; older than the window counts as seen.
func (w *window) add(n uint32) bool {
	if !w.begun {
		w.begun, w.newest = true, n
		return true
	}
	d := int32(n - w.newest)
	switch {
	case d > 0:
		w.shift(uint32(d))
		w.newest = n
		if d <= mapBits {
			w.bits[(d-1)/64] |= 1 << ((d - 1) % 64)
		}
		return true
	case d == 0 || -d > mapBits:
		return false
	}
	k := -d - 1
	if w.bits[k/64]&(1<<(k%64)) != 0 {
		return false
	}
	w.bits[k/64] |= 1 << (k % 64)
	return true
}

// has says whether n was seen, or is too old to know.
func (w *window) has(n uint32) bool {
	d := int32(w.newest - n)
	switch {
	case !w.begun || d < 0:
		return false
	case d == 0 || d > mapBits:
		return true
	}
	return w.bits[(d-1)/64]&(1<<((d-1)%64)) != 0
}

func (w *window) shift(by uint32) {
	if by >= mapBits {
		w.bits = [len(w.bits)]uint64{}
		return
	}
	for ; by >= 64; by -= 64 {
		copy(w.bits[1:], w.bits[:len(w.bits)-1])
		w.bits[0] = 0
	}
	if by == 0 {
		return
	}
	for i := len(w.bits) - 1; i >= 0; i-- {
		w.bits[i] <<= by
		if i > 0 {
			w.bits[i] |= w.bits[i-1] >> (64 - by)
		}
	}
}

func (w *window) put(out []byte) {
	for i := range out {
		out[i] = byte(w.bits[i/8] >> (8 * (i % 8)))
	}
}
