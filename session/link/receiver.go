package link

import (
	"slices"
	"time"
)

const (
	ackEvery    = 5 * time.Millisecond
	ackPackets  = 64
	maxPartials = 64
	maxBuffered = 2 * MaxMessage
	firstBuffer = 64 << 10 // what one fragment may cost before others have come
)

// Message is one message put together again. Data is valid until the next Packet.
type Message struct {
	ID   uint32
	Kind Kind
	Data []byte
}

// ReceiverStats are totals since the Receiver was made.
type ReceiverStats struct {
	Packets, Bytes uint64
	Loss           float64 // of recent packets, 0..1, before repair
}

// Receiver is the helper's end. The zero Receiver is ready.
type Receiver struct {
	got      window
	arrival  time.Duration // of the newest packet number
	done     window
	floor    uint32
	begun    bool
	partials []*partial
	free     [][]byte
	out      *partial // the message handed out last
	buffered int

	packets, bytes uint64
	unacked        int
	ackDue         bool // at once
	lastAck        time.Duration
	lossEWMA       float64
}

// partial is a message of which some fragments have come. They lie in buf as they came, a slot of
// Payload bytes each: a peer that names a large message and sends one fragment costs no more than that.
type partial struct {
	id    uint32
	kind  Kind
	of    int
	have  []uint64 // bit set
	slots []uint16 // which fragment lies in which slot
	buf   []byte
	last  int // bytes of the last fragment
}

func (t *partial) has(frag int) bool { return t.have[frag/64]&(1<<(frag%64)) != 0 }

// whole puts the slots in order once all have come, and returns the message.
func (t *partial) whole() []byte {
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

// Packet takes one packet in. ok says that it completed a message, which the caller
// acts on and then reports to Done, unless it refuses it: the sender then finds it lost.
// An error is the peer's; the packet was ignored.
func (r *Receiver) Packet(now time.Duration, b []byte) (m Message, ok bool, err error) {
	p, err := parsePacket(b)
	if err != nil {
		return Message{}, false, err
	}
	r.recycleOut()
	r.packets++
	r.bytes += uint64(len(b))
	before, begun := r.got.newest, r.got.begun
	if !r.got.add(p.number) {
		return Message{}, false, nil // the network doubled it
	}
	r.unacked++
	if !begun || newer(p.number, before) {
		r.arrival = now
		if gap := p.number - before - 1; begun && gap > 0 {
			r.ackDue = true
			r.lossEWMA += (1 - r.lossEWMA) * min(1, float64(gap)/200)
		}
	} else {
		r.lossEWMA -= min(r.lossEWMA, 1.0/200) // late, not lost
	}
	r.lossEWMA *= 1 - 1.0/200
	if r.unacked >= ackPackets || p.kind == ping {
		r.ackDue = true
	}
	if p.kind == ping {
		return Message{}, false, nil
	}
	if !r.begun || newer(p.floor, r.floor) {
		r.begun, r.floor = true, p.floor
		r.dropBelow(p.floor)
	}
	if newer(r.floor, p.message) || r.isDone(p.message) {
		return Message{}, false, nil
	}
	return r.fragment(p)
}

func (r *Receiver) isDone(id uint32) bool {
	return r.done.has(id)
}

func (r *Receiver) fragment(p packet) (Message, bool, error) {
	if p.of == 1 {
		r.remove(p.message)
		r.ackDue = true
		return Message{ID: p.message, Kind: p.kind, Data: p.payload}, true, nil
	}
	t := r.find(p.message)
	if t == nil {
		t = r.make(p)
	}
	if t.of != p.of || t.kind != p.kind {
		return Message{}, false, ErrMalformed
	}
	if t.has(p.frag) {
		return Message{}, false, nil
	}
	t.have[p.frag/64] |= 1 << (p.frag % 64)
	t.slots = append(t.slots, uint16(p.frag))
	at := len(t.buf)
	t.buf = append(t.buf, p.payload...)
	if p.frag == p.of-1 {
		t.last = len(p.payload)
		t.buf = append(t.buf, make([]byte, Payload-t.last)...)
	}
	r.buffered += len(t.buf) - at
	if len(t.slots) < t.of {
		r.fit(t)
		return Message{}, false, nil
	}
	r.partials = slices.DeleteFunc(r.partials, func(o *partial) bool { return o == t })
	r.out, r.ackDue = t, true
	return Message{ID: t.id, Kind: t.kind, Data: t.whole()}, true, nil
}

func (r *Receiver) find(id uint32) *partial {
	for _, t := range r.partials {
		if t.id == id {
			return t
		}
	}
	return nil
}

// fit gives up the oldest messages while there is too much of them, but not keep.
func (r *Receiver) fit(keep *partial) {
	for len(r.partials) > maxPartials || r.buffered > maxBuffered {
		var oldest *partial
		for _, t := range r.partials {
			if t != keep && (oldest == nil || newer(oldest.id, t.id)) {
				oldest = t
			}
		}
		if oldest == nil {
			return // one alone is never too much
		}
		r.remove(oldest.id)
	}
}

// make starts a message.
func (r *Receiver) make(p packet) *partial {
	size := p.of * Payload
	t := &partial{id: p.message, kind: p.kind, of: p.of, have: make([]uint64, (p.of+63)/64)}
	for i, b := range r.free {
		if cap(b) >= size {
			t.buf = b[:0]
			r.free = slices.Delete(r.free, i, i+1)
			break
		}
	}
	if t.buf == nil {
		t.buf = make([]byte, 0, min(size, firstBuffer))
	}
	r.partials = append(r.partials, t)
	r.fit(t)
	return t
}

func (r *Receiver) remove(id uint32) {
	r.partials = slices.DeleteFunc(r.partials, func(t *partial) bool {
		if t.id != id {
			return false
		}
		r.recycle(t)
		return true
	})
}

func (r *Receiver) dropBelow(floor uint32) {
	r.partials = slices.DeleteFunc(r.partials, func(t *partial) bool {
		if !newer(floor, t.id) {
			return false
		}
		r.recycle(t)
		return true
	})
}

func (r *Receiver) recycleOut() {
	if r.out != nil {
		r.recycle(r.out)
		r.out = nil
	}
}

func (r *Receiver) recycle(t *partial) {
	r.buffered -= len(t.buf)
	if len(r.free) < 2 && cap(t.buf) <= 1<<20 {
		r.free = append(r.free, t.buf)
	}
}

// Done says that a message was dealt with, for good: copies of it are ignored.
func (r *Receiver) Done(id uint32) {
	r.done.add(id)
	r.remove(id)
	r.ackDue = true
}

// Ack appends an acknowledgement to out if one is due.
func (r *Receiver) Ack(now time.Duration, out []byte) ([]byte, bool) {
	at, ok := r.Wake()
	if !ok || now < at {
		return out, false
	}
	a := ack{
		hasDone: r.done.begun, largest: r.got.newest, arrival: micros(r.arrival),
		delay: micros(now - r.arrival), bytes: uint32(r.bytes), done: r.done.newest,
	}
	r.got.put(a.packets[:])
	r.done.put(a.messages[:])
	r.unacked, r.ackDue, r.lastAck = 0, false, now
	return a.append(out), true
}

// Wake is when Ack will next have something to say, if nothing more arrives.
func (r *Receiver) Wake() (time.Duration, bool) {
	switch {
	case !r.got.begun || (r.unacked == 0 && !r.ackDue):
		return 0, false
	case r.ackDue:
		return r.lastAck, true
	}
	return max(r.lastAck, r.arrival-ackEvery) + ackEvery, true
}

// Stats are the totals so far.
func (r *Receiver) Stats() ReceiverStats {
	return ReceiverStats{Packets: r.packets, Bytes: r.bytes, Loss: r.lossEWMA}
}
