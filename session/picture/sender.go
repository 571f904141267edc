package picture

import (
	"context"
	"errors"
	"fmt"
	"image"
	"sync"
	"sync/atomic"
	"time"

	"beside/capture"
	"beside/codec/mix"
	"beside/frame"
	"beside/session/link"
)

const (
	// takeBack is how long Next may wait while parts of the last picture are still to be sent.
	takeBack = 3 * time.Millisecond
	// stateEvery keeps "exact" from flickering; figuresEvery is for the medians alone.
	stateEvery   = 500 * time.Millisecond
	figuresEvery = time.Second
	// askAgain is how often Allow is asked while it says no.
	askAgain = 50 * time.Millisecond
	// retryFirst and retryMost bound the wait after capture.ErrTemporary.
	retryFirst = 10 * time.Millisecond
	retryMost  = time.Second
)

// Outlet is the sharer's end of the path. WritePacket does not block on the network; a
// slice from ReadAck is valid until the next call.
type Outlet interface {
	WritePacket(b []byte) error
	ReadAck(ctx context.Context) ([]byte, error)
}

// SenderConfig is what a Sender works with. Source, Out and Allow are required.
type SenderConfig struct {
	Source capture.Source // the Sender alone calls Next; it does not Close it
	Out    Outlet
	// Allow is asked before every single packet. While it says false nothing leaves and
	// nothing is captured, and what was queued or could be repaired is forgotten.
	// It must not block.
	Allow     func() bool
	Focus     func() image.Point   // frame coordinates: what is nearest goes first; may be nil
	RTT       func() time.Duration // what is believed of the path, 0 if unknown; may be nil
	FirstSent func()               // called once, after the first packet left; may be nil
	Shown     func()               // called when Seen changes; must not block; may be nil
}

// SenderStats are a Sender's figures; the durations are recent medians, 0 if unknown.
type SenderStats struct {
	Capture, Encode, RTT time.Duration
	Packets, Bytes       uint64
	Loss                 float64 // of recent packets, 0..1
	Rate                 float64 // bits a second the path is believed to carry
}

// Sender is the sharer's loop. Its methods are safe for concurrent use.
type Sender struct {
	cfg   SenderConfig
	kick  chan struct{}
	gen   atomic.Uint32 // counts Resets; out is held to change it
	seen  atomic.Uint32 // the gen of which the helper has shown something
	exact atomic.Bool
	out   sync.Mutex // held while a packet is written

	statsMu sync.Mutex
	stats   SenderStats
}

// NewSender makes a Sender that does nothing until Run.
func NewSender(cfg SenderConfig) *Sender {
	return &Sender{cfg: cfg, kick: make(chan struct{}, 1)}
}

// Reset forgets everything captured, queued or repairable and sends the whole picture
// anew, from a grab that begins after the call. When it returns, no packet that is older is
// written any more; it waits only for one being written. It returns what Seen says once the
// helper has shown something of the new picture.
func (s *Sender) Reset() uint32 {
	s.out.Lock()
	gen := s.gen.Add(1)
	s.out.Unlock()
	s.exact.Store(false)
	s.wake()
	return gen
}

// Seen counts as Reset does: the newest of which the helper is known to have shown something.
func (s *Sender) Seen() uint32 { return s.seen.Load() }

func (s *Sender) wake() {
	select {
	case s.kick <- struct{}{}:
	default:
	}
}

// Exact says whether the helper is known to have the newest picture grabbed, whole.
func (s *Sender) Exact() bool { return s.exact.Load() }

// Stats are the figures now.
func (s *Sender) Stats() SenderStats {
	s.statsMu.Lock()
	defer s.statsMu.Unlock()
	return s.stats
}

// grab asks the capture goroutine for one picture; grabbed is its answer.
type grab struct {
	ctx context.Context //nolint:containedctx // of this one grab; it travels with it
	f   *frame.Frame
	gen uint32
}

type grabbed struct {
	grab
	err  error
	took time.Duration
}

// Run sends pictures until ctx ends, the display is gone or the path is closed, and says
// which. It must be called once.
func (s *Sender) Run(ctx context.Context) error {
	enc, err := mix.NewEncoder(mix.Options{})
	if err != nil {
		return fmt.Errorf("picture: %w", err)
	}
	defer enc.Close()
	ctx, cancel := context.WithCancel(ctx)
	var wg sync.WaitGroup
	defer wg.Wait()
	defer cancel()
	grabs, results := make(chan grab, 1), make(chan grabbed, 1)
	acks, ended := make(chan []byte, 64), make(chan error, 1)
	wg.Go(func() { s.captureLoop(ctx, grabs, results) })
	wg.Go(func() { ended <- s.ackLoop(ctx, acks) })

	l := newSenderLoop(s, enc)
	l.grabs = grabs
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for {
		wait, err := l.step(ctx)
		if err != nil {
			return err
		}
		timer.Reset(wait)
		select {
		case <-ctx.Done():
			return ctx.Err()
		case err := <-ended:
			return err
		case b := <-acks:
			l.takeAck(b)
			for range len(acks) {
				l.takeAck(<-acks)
			}
		case g := <-results:
			if err := l.takeGrab(ctx, g); err != nil {
				return err
			}
		case <-s.kick:
		case <-timer.C:
		}
	}
}

func (s *Sender) captureLoop(ctx context.Context, grabs <-chan grab, results chan<- grabbed) {
	for {
		select {
		case <-ctx.Done():
			return
		case g := <-grabs:
			began := time.Now()
			err := s.cfg.Source.Next(g.ctx, g.f)          //nolint:contextcheck // the grab has its own, made from this one
			results <- grabbed{g, err, time.Since(began)} // room for one, and one is asked at a time
		}
	}
}

func (s *Sender) ackLoop(ctx context.Context, acks chan<- []byte) error {
	for {
		b, err := s.cfg.Out.ReadAck(ctx)
		if err != nil {
			return fmt.Errorf("picture: read acknowledgement: %w", err)
		}
		select {
		case acks <- append([]byte(nil), b...):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func (s *Sender) publish(l *link.Sender, capture, encode time.Duration) {
	p := l.Stats()
	s.statsMu.Lock()
	defer s.statsMu.Unlock()
	s.stats = SenderStats{
		Capture: capture, Encode: encode, RTT: p.RTT,
		Packets: p.Packets, Bytes: p.Bytes, Loss: p.Loss, Rate: p.Rate,
	}
}

// temporary says whether a failed Next is to be tried again.
func temporary(err error) bool { return errors.Is(err, capture.ErrTemporary) }
