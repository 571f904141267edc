package link

import "crypto/subtle"

// partial is a message of which some fragments have come. They lie in buf as they came, a
// slot of Payload bytes each: a peer that names a large message and sends one fragment
// costs no more than that.
type partial struct {
	id     uint32
	kind   Kind
	typed  bool // kind is known: a parity packet does not tell
	of     int
	slots  []uint16 // which fragment lies in which slot
	where  []uint16 // slot of a fragment plus 1, 0 if it has not come
	buf    []byte
	last   int            // bytes of the last fragment, 0 if unknown
	parity map[int][]byte // by group
	missed []uint16       // by group: fragments that have not come; nil until parity came
}

func newPartial(p packet) *partial {
	return &partial{id: p.message, of: p.of, where: make([]uint16, p.of)}
}

// agrees says whether p may belong to this message, and learns from it.
func (t *partial) agrees(p packet) bool {
	if t.of != p.of {
		return false
	}
	last := 0
	if p.kind == parity {
		last = p.extra
	} else {
		if t.typed && t.kind != p.kind {
			return false
		}
		if p.frag == p.of-1 {
			last = len(p.payload)
		}
	}
	if last > 0 && t.last > 0 && last != t.last {
		return false
	}
	t.last = max(t.last, last)
	if p.kind != parity {
		t.kind, t.typed = p.kind, true
	}
	return true
}

// add takes a packet in and says whether that was news.
func (t *partial) add(p packet) bool {
	if p.kind != parity {
		if !t.put(p.frag, p.payload) {
			return false
		}
		t.recover(p.frag % max(1, groups(t.of)))
		return true
	}
	if t.parity[p.frag] != nil {
		return false
	}
	if t.parity == nil {
		t.parity = map[int][]byte{}
		t.missed = make([]uint16, groups(t.of))
		for i, s := range t.where {
			if s == 0 {
				t.missed[i%len(t.missed)]++
			}
		}
	}
	t.parity[p.frag] = append([]byte(nil), p.payload...)
	t.recover(p.frag)
	return true
}

func (t *partial) put(frag int, b []byte) bool {
	if t.where[frag] != 0 {
		return false
	}
	t.slots = append(t.slots, uint16(frag))
	t.where[frag] = uint16(len(t.slots))
	t.buf = append(t.buf, b...)
	if n := Payload - len(b); n > 0 {
		t.buf = append(t.buf, make([]byte, n)...)
	}
	if t.missed != nil {
		t.missed[frag%len(t.missed)]--
	}
	return true
}

// recover makes the one fragment of a group that has not come, if its parity has.
func (t *partial) recover(group int) {
	sum := t.parity[group]
	if sum == nil || t.missed[group] != 1 {
		return
	}
	missing := -1
	for i := group; i < t.of; i += len(t.missed) {
		s := int(t.where[i])
		if s == 0 {
			missing = i
			continue
		}
		subtle.XORBytes(sum, sum, t.buf[(s-1)*Payload:s*Payload])
	}
	n := Payload
	if missing == t.of-1 {
		n = t.last
	}
	t.put(missing, sum[:n])
}

func (t *partial) size() int { return len(t.buf) + len(t.parity)*Payload }

func (t *partial) whole() bool { return t.typed && len(t.slots) == t.of }

// data puts the slots in order and returns the message; only once it is whole.
func (t *partial) data() []byte {
	var tmp [Payload]byte
	for at := range t.slots {
		for int(t.slots[at]) != at { // each exchange puts one into its place for good
			to := int(t.slots[at])
			a, b := t.buf[at*Payload:(at+1)*Payload], t.buf[to*Payload:(to+1)*Payload]
			copy(tmp[:], a)
			copy(a, b)
			copy(b, tmp[:])
			t.slots[at], t.slots[to] = t.slots[to], t.slots[at]
		}
	}
	return t.buf[:(t.of-1)*Payload+t.last]
}
