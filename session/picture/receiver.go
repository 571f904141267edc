package picture

import (
	"context"
	"errors"
	"fmt"
	"image"
	"sync"
	"time"

	"beside/codec"
	"beside/codec/mix"
	"beside/frame"
	"beside/session/link"
)

// Inlet is the helper's end of the path. A slice from ReadPacket is valid until the next
// call; WriteAck does not block on the network and may be called from two goroutines.
type Inlet interface {
	ReadPacket(ctx context.Context) ([]byte, error)
	WriteAck(b []byte) error
}

// Screen is where the picture is shown. Both are called by one goroutine.
type Screen interface {
	// Frame is the picture to decode into, BGRX of that size; its content survives.
	Frame(size image.Point) *frame.Frame
	// Show says these rectangles of it changed; rs is valid during the call.
	Show(rs []image.Rectangle)
}

// ReceiverConfig is what a Receiver works with. In and Screen are required.
type ReceiverConfig struct {
	In      Inlet
	Screen  Screen
	Applied func(id uint32) // after each update was shown; may be nil
}

// ReceiverStats are a Receiver's figures; durations are recent medians, 0 if unknown.
type ReceiverStats struct {
	Capture, Encode time.Duration // the sharer's word
	RTT             time.Duration // of picture packets, the sharer's word
	Decode          time.Duration
	PerSecond       float64 // updates shown in the last second
	Loss            float64 // of recent packets, 0..1
	Packets, Bytes  uint64
	Exact           bool
}

// Receiver is the helper's loop. Its methods are safe for concurrent use.
type Receiver struct {
	cfg   ReceiverConfig
	start time.Time
	idle  chan struct{} // tells the acknowledger that there is something to do
	work  chan struct{} // tells the showing goroutine the same
	early early         // the showing goroutine's alone

	mu      sync.Mutex // guards what follows
	link    link.Receiver
	waiting bool // the acknowledger waits for idle
	begun   bool
	newest  uint32 // newest update shown
	peer    state
	decode  recent
	shown   [128]time.Time
	shownN  int
}

// NewReceiver makes a Receiver that does nothing until Run.
func NewReceiver(cfg ReceiverConfig) *Receiver {
	return &Receiver{cfg: cfg, start: time.Now(), idle: make(chan struct{}, 1), work: make(chan struct{}, 1)}
}

// Exact says whether the picture shown equals the sharer's screen, pixel for pixel, as
// far as the sharer has said.
func (r *Receiver) Exact() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.exact()
}

func (r *Receiver) exact() bool { return r.begun && r.peer.exact && r.peer.upTo == r.newest }

// Stats are the figures now.
func (r *Receiver) Stats() ReceiverStats {
	r.mu.Lock()
	defer r.mu.Unlock()
	p := r.link.Stats()
	perSecond, now := 0, time.Now()
	for i := range min(r.shownN, len(r.shown)) {
		if now.Sub(r.shown[i]) < time.Second {
			perSecond++
		}
	}
	return ReceiverStats{
		Capture: r.peer.capture, Encode: r.peer.encode, RTT: r.peer.rtt, Decode: r.decode.median(),
		PerSecond: float64(perSecond), Loss: p.Loss, Packets: p.Packets, Bytes: p.Bytes, Exact: r.exact(),
	}
}

// Run shows pictures until ctx ends or the path is closed, and says which. It must be
// called once.
func (r *Receiver) Run(ctx context.Context) error {
	dec, err := mix.NewDecoder()
	if err != nil {
		return fmt.Errorf("picture: %w", err)
	}
	defer dec.Close()
	ctx, cancel := context.WithCancel(ctx)
	var wg sync.WaitGroup
	defer wg.Wait()
	defer cancel()
	wg.Go(func() { r.acknowledge(ctx) })
	wg.Go(func() { r.show(ctx, dec) })
	for {
		// Nothing else is done here: how long a picture takes must not look like a slow path.
		b, err := r.cfg.In.ReadPacket(ctx)
		if err != nil {
			return fmt.Errorf("picture: read packet: %w", err)
		}
		r.mu.Lock()
		_ = r.link.Packet(r.now(), b) // a malformed one is ignored: the peer only harms itself
		r.mu.Unlock()
		tell(r.work)
		r.sendAck()
	}
}

// show deals with messages, one after the other, until ctx ends.
func (r *Receiver) show(ctx context.Context, dec *mix.Decoder) {
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for ctx.Err() == nil {
		for _, m := range r.early.expired(r.now()) {
			r.refuse(m)
		}
		r.mu.Lock()
		m, ok := r.link.Next()
		r.mu.Unlock()
		if ok {
			r.take(dec, m)
			r.sendAck()
			continue
		}
		wait := time.Hour
		if at, holds := r.early.due(); holds {
			wait = max(0, at-r.now())
		}
		timer.Reset(wait)
		select {
		case <-ctx.Done():
		case <-timer.C:
		case <-r.work:
		}
	}
}

func tell(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

func (r *Receiver) now() time.Duration { return time.Since(r.start) }

// take acts on a message. One that builds on something not received yet is held for a
// while; whatever is not dealt with in time counts as not received, and the sharer is told.
func (r *Receiver) take(dec *mix.Decoder, m link.Message) {
	if m.Kind == link.State {
		st, ok := parseState(m.Data)
		r.mu.Lock()
		defer r.mu.Unlock()
		if ok && (!r.begun || int32(st.upTo-r.peer.upTo) >= 0) {
			r.peer = st
		}
		r.link.Done(m.ID)
		return
	}
	id, err := r.apply(dec, m)
	switch {
	case errors.Is(err, codec.ErrEarly):
		for _, out := range r.early.hold(m, id, r.now()) {
			r.refuse(out)
		}
	case err != nil:
		r.refuse(m)
	case len(r.early.list) > 0:
		r.early.retry(func(o earlyOne) bool {
			_, err := r.apply(dec, o.Message)
			early := errors.Is(err, codec.ErrEarly)
			if err != nil && !early {
				r.refuse(o.Message)
			}
			return !early
		})
	}
}

// refuse tells the sharer that a message is to count as lost.
func (r *Receiver) refuse(m link.Message) {
	r.mu.Lock()
	r.link.Refuse(m.ID)
	r.mu.Unlock()
	r.sendAck()
}

// apply shows an update and says that message is dealt with, unless there is an error.
func (r *Receiver) apply(dec *mix.Decoder, m link.Message) (id uint32, err error) {
	began := time.Now()
	size, fresh, err := dec.Size(m.Data)
	if err != nil {
		return 0, err //nolint:wrapcheck // a sentinel that take looks at
	}
	id, _ = mix.ID(m.Data)
	var damage []image.Rectangle
	if fresh {
		if damage, err = dec.Apply(m.Data, r.cfg.Screen.Frame(size)); err != nil {
			return id, err //nolint:wrapcheck // as above
		}
	}
	if fresh {
		took := time.Since(began)
		r.mu.Lock()
		if !r.begun || int32(id-r.newest) > 0 {
			r.begun, r.newest = true, id
		}
		r.decode.add(took)
		r.shown[r.shownN%len(r.shown)] = time.Now()
		r.shownN++
		r.mu.Unlock()
		if len(damage) > 0 {
			r.cfg.Screen.Show(damage)
		}
		if r.cfg.Applied != nil {
			r.cfg.Applied(id)
		}
	}
	r.mu.Lock()
	r.link.Done(m.ID) // not before it is shown: the sharer waits for a helper that is slow at that
	r.mu.Unlock()
	return id, nil
}

// sendAck writes an acknowledgement if one is due, else sees to it that one will be.
func (r *Receiver) sendAck() {
	var buf [link.AckLen]byte
	r.mu.Lock()
	b, ok := r.link.Ack(r.now(), buf[:0])
	_, later := r.link.Wake()
	wake := later && r.waiting
	if wake {
		r.waiting = false
	}
	r.mu.Unlock()
	if ok {
		_ = r.cfg.In.WriteAck(b) // a lost one is harmless, a closed path ends ReadPacket
	}
	if wake {
		tell(r.idle)
	}
}

// acknowledge writes the acknowledgements that only time makes due.
func (r *Receiver) acknowledge(ctx context.Context) {
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for {
		r.sendAck()
		wait := time.Hour
		r.mu.Lock()
		if at, ok := r.link.Wake(); ok {
			wait = max(0, at-r.now())
		} else {
			r.waiting = true
		}
		r.mu.Unlock()
		timer.Reset(wait)
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
		case <-r.idle:
		}
	}
}
