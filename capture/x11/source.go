package x11

import (
	"context"
	"errors"
	"fmt"
	"image"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jezek/xgb/damage"
	"github.com/jezek/xgb/randr"
	"github.com/jezek/xgb/xfixes"
	"github.com/jezek/xgb/xproto"

	"beside/capture"
	"beside/capture/internal/diff"
	"beside/frame"
	"beside/internal/xconn"
)

// pollEvery is how often the screen is compared when the server has no XDamage.
const pollEvery = time.Second / 30

// Source captures one monitor or the whole desktop over its own X connection.
type Source struct {
	c        *xconn.Conn
	root     xproto.Window
	id       string // RandR name; "" is the whole desktop
	opened   time.Time
	moved    <-chan struct{} // somebody tells that the pointer moved; may be nil
	randr    bool
	fixes    bool
	damage   bool
	damageID damage.Damage
	region   xfixes.Region // where the server puts damage to be fetched

	once      sync.Once
	closed    chan struct{} // Close was called
	lost      chan struct{} // the event loop ended
	wake      chan struct{} // something was drawn or the layout changed
	wakeShape chan struct{} // the pointer changed shape
	relaid    chan struct{} // for Relaid
	relayout  atomic.Bool   // the layout may have changed

	mu  sync.Mutex // guards img against Close; held while a picture is fetched
	img *grabber

	boundsMu sync.Mutex
	bounds   image.Rectangle // what is captured, desktop coordinates

	seen    bool      // Next has succeeded once
	stale   bool      // dst may miss damage: compare everything
	missed  time.Time // since when the monitor is not there; zero while it is
	lastPix *byte     // the picture Next updated last
	cur     cursor    // owned by the caller of Cursor
}

var _ capture.Source = (*Source)(nil)

// Open starts capturing a monitor by its RandR name, or the whole desktop for "".
func (b *Backend) Open(ctx context.Context, id string) (capture.Source, error) {
	c, err := b.dial(ctx)
	if err != nil {
		return nil, err
	}
	if err := checkVisual(c); err != nil {
		c.Close()
		return nil, err
	}
	s := &Source{
		c: c, root: c.Root, id: id, opened: time.Now(), moved: b.moved,
		closed: make(chan struct{}), lost: make(chan struct{}),
		wake: make(chan struct{}, 1), wakeShape: make(chan struct{}, 1), relaid: make(chan struct{}, 1),
	}
	go s.loop() // ends with the connection
	if err := s.setup(b); err != nil {
		_ = s.Close()
		return nil, gone(err)
	}
	return s, nil
}

func (s *Source) setup(b *Backend) error {
	s.randr = hasRandR(s.c)
	if s.id != "" && !s.randr {
		return fmt.Errorf("%w: the X server names no monitors", capture.ErrDisplayGone)
	}
	// Ask for news of the layout before reading it, so that no change falls between.
	err := xproto.ChangeWindowAttributesChecked(s.c.Conn, s.root, xproto.CwEventMask,
		[]uint32{xproto.EventMaskStructureNotify}).Check()
	if err != nil {
		return fmt.Errorf("watch the desktop's size: %w", err)
	}
	if s.randr {
		err := randr.SelectInputChecked(s.c.Conn, s.root, randr.NotifyMaskScreenChange|randr.NotifyMaskCrtcChange).Check()
		if err != nil {
			return fmt.Errorf("watch the monitors: %w", err)
		}
	}
	if s.c.Has("XFIXES") {
		if _, err := xfixes.QueryVersion(s.c.Conn, 4, 0).Reply(); err == nil {
			s.fixes = xfixes.SelectCursorInputChecked(s.c.Conn, s.root, xfixes.CursorNotifyMaskDisplayCursor).Check() == nil
		}
	}
	if s.fixes && s.c.Has("DAMAGE") && !b.noDamage {
		s.damage = s.watchDamage() == nil
	}
	r, err := s.layout()
	if err != nil {
		return err
	}
	s.setBounds(r)
	s.img = newGrabber(s.c.Conn, s.root, !b.noSHM && s.c.Local && s.c.Has("MIT-SHM"))
	return nil
}

// watchDamage asks for one event when the screen goes from clean to damaged. The
// rectangles themselves are fetched in one go later: however much is drawn, the
// socket carries one event and one region per picture.
func (s *Source) watchDamage() error {
	if _, err := damage.QueryVersion(s.c.Conn, 1, 1).Reply(); err != nil {
		return err
	}
	var err error
	if s.damageID, err = damage.NewDamageId(s.c.Conn); err != nil {
		return err
	}
	if s.region, err = xfixes.NewRegionId(s.c.Conn); err != nil {
		return err
	}
	if err := xfixes.CreateRegionChecked(s.c.Conn, s.region, nil).Check(); err != nil {
		return err
	}
	return damage.CreateChecked(s.c.Conn, s.damageID, xproto.Drawable(s.root), damage.ReportLevelNonEmpty).Check()
}

// loop hands events on until the connection ends. It never waits for anything else,
// so the connection's event queue cannot fill up.
func (s *Source) loop() {
	defer close(s.lost)
	for {
		ev, xerr := s.c.WaitForEvent()
		if ev == nil && xerr == nil {
			return
		}
		switch ev.(type) {
		case damage.NotifyEvent:
			poke(s.wake)
		case xfixes.CursorNotifyEvent:
			poke(s.wakeShape)
		case randr.ScreenChangeNotifyEvent, randr.NotifyEvent, xproto.ConfigureNotifyEvent:
			s.relayout.Store(true)
			poke(s.wake)
			poke(s.relaid)
		}
	}
}

// Relaid tells that monitors may have come, gone or moved since it was last received from. It says
// nothing more once the Source has ended.
func (s *Source) Relaid() <-chan struct{} { return s.relaid }

func poke(ch chan struct{}) {
	select {
	case ch <- struct{}{}:
	default:
	}
}

// Close ends the connection and wakes Next and Cursor.
func (s *Source) Close() error {
	s.once.Do(func() {
		close(s.closed)
		s.c.Close()
		<-s.lost
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.img != nil {
			s.img.close()
		}
	})
	return nil
}

// ended is ErrDisplayGone once the Source was closed or lost its server.
func (s *Source) ended() error {
	select {
	case <-s.closed:
		return fmt.Errorf("%w: capture was closed", capture.ErrDisplayGone)
	default:
	}
	select {
	case <-s.lost:
		return errGone()
	default:
		return nil
	}
}

// Next implements capture.Source.
func (s *Source) Next(ctx context.Context, dst *frame.Frame) error {
	for {
		if err := s.ended(); err != nil {
			return err
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		fresh := !s.seen || s.stale || s.relayout.Load() || dst.Pix == nil || &dst.Pix[0] != s.lastPix ||
			dst.Size != s.getBounds().Size()
		if !fresh {
			if err := s.wait(ctx); err != nil {
				return err
			}
		}
		changed, err := s.update(ctx, dst, fresh || s.relayout.Load())
		if err != nil {
			s.stale = true
			if end := s.ended(); end != nil {
				return end
			}
			return gone(err)
		}
		if changed {
			dst.At = time.Since(s.opened)
			return nil
		}
	}
}

// wait returns nil when the screen may have changed.
func (s *Source) wait(ctx context.Context) error {
	var tick <-chan time.Time
	if !s.damage {
		t := time.NewTimer(pollEvery)
		defer t.Stop()
		tick = t.C
	}
	select {
	case <-s.wake:
	case <-tick:
	case <-ctx.Done():
		return ctx.Err()
	case <-s.closed:
		return s.ended()
	case <-s.lost:
		return s.ended()
	}
	return nil
}

// update brings dst up to date and says whether a pixel of it changed. With all it
// looks at every pixel, else at what the server says was drawn.
func (s *Source) update(ctx context.Context, dst *frame.Frame, all bool) (bool, error) {
	if s.relayout.Swap(false) {
		s.stale = true
		r, err := s.layout()
		if err != nil {
			return false, s.missing(err)
		}
		s.missed = time.Time{}
		s.setBounds(r)
	}
	area := s.getBounds()
	rects := []image.Rectangle{area}
	if s.damage {
		// Taken before the pixels: what is drawn in between is damage again.
		if all {
			if _, err := s.takeDamage(true); err != nil {
				return false, err
			}
		} else {
			got, err := gather(ctx, area, func() ([]xproto.Rectangle, error) { return s.takeDamage(false) })
			if err != nil {
				return false, err
			}
			rects = merge(got, area)
		}
	}
	if len(rects) == 0 {
		return false, nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.ended(); err != nil {
		return false, err
	}
	pieces, err := s.img.grab(area, rects)
	if err != nil {
		var match xproto.MatchError
		if errors.As(err, &match) {
			// The desktop shrank under us; its event is on the way.
			s.relayout.Store(true)
			return false, fmt.Errorf("%w: the desktop changed its size", capture.ErrTemporary)
		}
		return false, err
	}
	changed := s.apply(dst, area, pieces)
	s.stale = false
	return changed, nil
}

// apply copies what differs into dst and adds it to dst.Damage.
func (s *Source) apply(dst *frame.Frame, area image.Rectangle, pieces []piece) bool {
	whole := !s.seen || dst.Pix == nil || dst.Size != area.Size() || dst.Format != frame.BGRX
	moved := dst.Origin != area.Min
	dst.Format, dst.Origin = frame.BGRX, area.Min
	dst.Resize(area.Size())
	if whole {
		dst.Damage.Clear()
		dst.Damage.Add(dst.Bounds())
	}
	changed := whole || moved
	for _, p := range pieces {
		if diff.CopyChanged(dst, p.at.Sub(area.Min), p.pix, p.stride, !whole) {
			changed = true
		}
	}
	s.seen, s.lastPix = true, &dst.Pix[0]
	return changed
}

func (s *Source) getBounds() image.Rectangle {
	s.boundsMu.Lock()
	defer s.boundsMu.Unlock()
	return s.bounds
}

func (s *Source) setBounds(r image.Rectangle) {
	s.boundsMu.Lock()
	defer s.boundsMu.Unlock()
	s.bounds = r
}

// layout asks where the captured display is now.
func (s *Source) layout() (image.Rectangle, error) {
	desktop, err := rootBounds(s.c, s.root)
	if err != nil {
		return image.Rectangle{}, err
	}
	if s.id == "" {
		return desktop, validBounds(desktop)
	}
	ds, err := monitors(s.c, s.root)
	if err != nil {
		return image.Rectangle{}, err
	}
	for _, d := range ds {
		if d.ID == s.id {
			r := d.Bounds.Intersect(desktop)
			if r.Empty() {
				break
			}
			return r, validBounds(r)
		}
	}
	return image.Rectangle{}, fmt.Errorf("%w: the monitor was disconnected", capture.ErrDisplayGone)
}

// missingFor is how long a monitor may be away: a change of its mode switches it off and on.
const missingFor = time.Second

// missing makes an err that a monitor is not there one to try again after, for a while.
func (s *Source) missing(err error) error {
	if !errors.Is(err, capture.ErrDisplayGone) {
		return err
	}
	if s.missed.IsZero() {
		s.missed = time.Now()
	}
	if time.Since(s.missed) >= missingFor {
		return err
	}
	s.relayout.Store(true) // look again next time
	return fmt.Errorf("%w: the monitor is off", capture.ErrTemporary)
}

// takeDamage empties the server's damage in one step; what is drawn afterwards makes
// a new event. With drop the rectangles are not fetched.
func (s *Source) takeDamage(drop bool) ([]xproto.Rectangle, error) {
	if drop {
		damage.Subtract(s.c.Conn, s.damageID, xfixes.RegionNone, xfixes.RegionNone)
		return nil, nil
	}
	damage.Subtract(s.c.Conn, s.damageID, xfixes.RegionNone, s.region)
	reply, err := xfixes.FetchRegion(s.c.Conn, s.region).Reply()
	if err != nil {
		return nil, fmt.Errorf("fetch damage: %w", err)
	}
	return reply.Rectangles, nil
}
