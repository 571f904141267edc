package session

import (
	"image"
	"sync"
	"time"

	"beside/frame"
	"beside/session/picture"
	"beside/session/wire"
)

// pinger measures the round trip of the control channel. It is safe for concurrent use.
type pinger struct {
	mu   sync.Mutex
	n    uint64
	sent time.Duration
	last time.Duration
}

func (p *pinger) ping(now time.Duration) uint64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.n++
	p.sent = now
	return p.n
}

func (p *pinger) pong(n uint64, now time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if n == p.n {
		p.last = now - p.sent
	}
}

// rtt is the newest round trip, 50 ms before there is one.
func (p *pinger) rtt() time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.last == 0 {
		return 50 * time.Millisecond
	}
	return p.last
}

// meter gathers the stages. The zero meter reads as zero. It is safe for concurrent use.
type meter struct {
	mu     sync.Mutex
	rx     *picture.Receiver
	link   Link
	screen Screen
	pings  *pinger
}

func (m *meter) start(rx *picture.Receiver, l Link, s Screen, p *pinger) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.rx, m.link, m.screen, m.pings = rx, l, s, p
}

func (m *meter) stop() { m.start(nil, nil, nil, nil) }

// displayTimer is what a Screen may also be: it tells how long showing takes.
type displayTimer interface{ Display() time.Duration }

func (m *meter) get() Meter {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.rx == nil {
		return Meter{}
	}
	st := m.rx.Stats()
	link := m.link.Status()
	rtt := link.RTT
	if rtt == 0 {
		rtt = m.pings.rtt()
	}
	out := Meter{
		Capture: ms(st.Capture), Encode: ms(st.Encode), Network: ms(rtt / 2), Decode: ms(st.Decode),
		PerSecond: st.PerSecond, Loss: st.Loss, Relay: link.Relay, Exact: m.rx.Exact(),
	}
	if d, ok := m.screen.(displayTimer); ok {
		out.Display = ms(d.Display())
	}
	return out
}

func ms(d time.Duration) Milliseconds { return Milliseconds(float64(d) / float64(time.Millisecond)) }

// firstShown tells when the first picture is on the screen.
type firstShown struct {
	Screen
	once  sync.Once
	shown chan<- struct{}
}

// Show passes the damage on.
func (f *firstShown) Show(rs []image.Rectangle) {
	f.Screen.Show(rs)
	f.once.Do(func() { f.shown <- struct{}{} })
}

// cursorView joins shape and place of the remote pointer. It belongs to one goroutine.
type cursorView struct {
	screen Screen
	now    frame.Cursor
}

func (c *cursorView) shape(s *frame.CursorShape) {
	c.now.Shape = s
	c.screen.Cursor(c.now)
}

func (c *cursorView) move(a wire.Ack) {
	pos := image.Pt(int(a.X), int(a.Y))
	if pos == c.now.Pos && a.Shown == c.now.Visible {
		return
	}
	c.now.Pos, c.now.Visible = pos, a.Shown
	c.screen.Cursor(c.now)
}
