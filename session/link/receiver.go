package link

import (
	"slices"
	"time"
)

const (
	ackEvery    = 5 * time.Millisecond
	ackWhole    = 2 * time.Millisecond // a whole message may be dealt with by then: one acknowledgement less
	ackPackets  = 64
	maxPartials = 64
	maxReady    = 32 // whole messages that wait for Next
	maxBuffered = 2 * MaxMessage
	firstBuffer = 64 << 10 // what one fragment may cost before others have come
)

// Message is one message put together again. Data is the caller's until it gives the
// message to Done or Refuse.
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
	whole    window        // messages that came whole, whatever became of them
	done     window
	refused  window
	floor    uint32
	begun    bool
	partials []*partial
	ready    []*partial // whole, oldest arrival first
	lent     []*partial // with the caller
	free     [][]byte
	buffered int

	packets, bytes uint64
	unacked        int
	ackAt          time.Duration // sooner than unacked alone asks, if ackSet
	ackSet         bool
	lastAck        time.Duration
	lossEWMA       float64
}

// Packet takes one packet in; ask Next afterwards. An error is the peer's; the packet was
// ignored.
func (r *Receiver) Packet(now time.Duration, b []byte) error {
	p, err := parsePacket(b)
	if err != nil {
		return err
	}
	r.packets++
	r.bytes += uint64(len(b))
	before, begun := r.got.newest, r.got.begun
	if !r.got.add(p.number) {
		return nil // the network doubled it
	}
	r.unacked++
	if !begun || newer(p.number, before) {
		r.arrival = now
		if gap := p.number - before - 1; begun && gap > 0 {
			r.ackBy(now)
			r.lossEWMA += (1 - r.lossEWMA) * min(1, float64(gap)/200)
		}
	} else {
		r.lossEWMA -= min(r.lossEWMA, 1.0/200) // late, not lost
	}
	r.lossEWMA *= 1 - 1.0/200
	if r.unacked >= ackPackets || p.kind == ping {
		r.ackBy(now)
	}
	if p.kind == ping {
		return nil
	}
	if !r.begun || newer(p.floor, r.floor) {
		r.begun, r.floor = true, p.floor
		r.partials = slices.DeleteFunc(r.partials, func(t *partial) bool {
			return newer(p.floor, t.id) && r.recycle(t)
		})
	}
	if newer(r.floor, p.message) || r.whole.has(p.message) {
		return nil
	}
	return r.fragment(now, p)
}

func (r *Receiver) fragment(now time.Duration, p packet) error {
	t := r.find(p.message)
	if t == nil {
		t = r.start(p)
	}
	if !t.agrees(p) {
		return ErrMalformed
	}
	before := t.size()
	if !t.add(p) {
		return nil
	}
	r.buffered += t.size() - before
	if t.whole() {
		r.partials = slices.DeleteFunc(r.partials, func(o *partial) bool { return o == t })
		r.whole.add(t.id)
		r.ready = append(r.ready, t)
		r.ackBy(now + ackWhole)
	}
	r.fit(t)
	return nil
}

func (r *Receiver) find(id uint32) *partial {
	for _, t := range r.partials {
		if t.id == id {
			return t
		}
	}
	return nil
}

// start begins a message.
func (r *Receiver) start(p packet) *partial {
	t, size := newPartial(p), p.of*Payload
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
	return t
}

// fit gives up the oldest while there is too much, but not keep.
func (r *Receiver) fit(keep *partial) {
	for len(r.ready) > maxReady {
		r.Refuse(r.drop(&r.ready, keep))
	}
	for len(r.partials) > maxPartials || r.buffered > maxBuffered {
		switch {
		case len(r.partials) > 1 || (len(r.partials) == 1 && r.partials[0] != keep):
			r.drop(&r.partials, keep)
		case len(r.ready) > 1:
			r.Refuse(r.drop(&r.ready, keep))
		default:
			return // one alone is never too much, and what is lent is bounded by that
		}
	}
}

// drop takes the oldest message that is not keep out of a list.
func (r *Receiver) drop(list *[]*partial, keep *partial) uint32 {
	oldest := -1
	for i, t := range *list {
		if t != keep && (oldest < 0 || newer((*list)[oldest].id, t.id)) {
			oldest = i
		}
	}
	t := (*list)[oldest]
	*list = slices.Delete(*list, oldest, oldest+1)
	r.recycle(t)
	return t.id
}

// Next is a message that is whole, in the order they came to be so.
func (r *Receiver) Next() (Message, bool) {
	if len(r.ready) == 0 {
		return Message{}, false
	}
	t := r.ready[0]
	r.ready = slices.Delete(r.ready, 0, 1)
	r.lent = append(r.lent, t)
	return Message{ID: t.id, Kind: t.kind, Data: t.data()}, true
}

// Done says that a message was dealt with, for good: copies of it are ignored.
func (r *Receiver) Done(id uint32) {
	r.done.add(id)
	r.giveBack(id)
}

// Refuse says that a message could not be dealt with: the sender is told at once that it
// counts as lost. Copies of it are ignored.
func (r *Receiver) Refuse(id uint32) {
	r.refused.add(id)
	r.giveBack(id)
}

func (r *Receiver) giveBack(id uint32) {
	r.ackBy(0)
	r.lent = slices.DeleteFunc(r.lent, func(t *partial) bool { return t.id == id && r.recycle(t) })
}

// recycle is always true.
func (r *Receiver) recycle(t *partial) bool {
	r.buffered -= t.size()
	if len(r.free) < 2 && cap(t.buf) > 0 && cap(t.buf) <= 1<<20 {
		r.free = append(r.free, t.buf)
	}
	t.buf, t.parity = nil, nil
	return true
}

// ackBy makes an acknowledgement due then, if none is sooner.
func (r *Receiver) ackBy(at time.Duration) {
	if !r.ackSet || at < r.ackAt {
		r.ackSet, r.ackAt = true, at
	}
}

// Ack appends an acknowledgement to out if one is due.
func (r *Receiver) Ack(now time.Duration, out []byte) ([]byte, bool) {
	at, ok := r.ackDue()
	if !ok || now < at {
		return out, false
	}
	a := ack{
		hasDone: r.done.begun, hasRefused: r.refused.begun, largest: r.got.newest, arrival: micros(r.arrival),
		delay: micros(now - r.arrival), bytes: uint32(r.bytes), done: r.done.newest, refused: r.refused.newest,
	}
	r.got.put(a.packets[:])
	r.done.put(a.messages[:])
	r.refused.put(a.refusals[:])
	r.unacked, r.ackSet, r.lastAck = 0, false, now
	return a.append(out), true
}

func (r *Receiver) ackDue() (time.Duration, bool) {
	at, ok := r.ackAt, r.ackSet
	// The one packet of a small message waits to be dealt with: that takes no time.
	if regular := max(r.lastAck, r.arrival-ackEvery) + ackEvery; r.unacked > 0 && (!ok || (regular < at && r.unacked > 1)) {
		at, ok = regular, true
	}
	return at, ok && r.got.begun
}

// Wake is when Ack will next have something to say, if nothing more arrives.
func (r *Receiver) Wake() (time.Duration, bool) { return r.ackDue() }

// Stats are the totals so far.
func (r *Receiver) Stats() ReceiverStats {
	return ReceiverStats{Packets: r.packets, Bytes: r.bytes, Loss: r.lossEWMA}
}
