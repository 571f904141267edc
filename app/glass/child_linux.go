package glass

import (
	"fmt"
	"image"
	"sync"
	"time"

	"github.com/jezek/xgb/shape"
	"github.com/jezek/xgb/shm"
	"github.com/jezek/xgb/xproto"

	"beside/frame"
)

// inFlight is how many updates the X server may owe us an answer for. Meanwhile damage
// merges: a slow server sees fewer, larger updates instead of a queue.
const inFlight = 2

// child is a window of our own above Fyne's drawing. Fyne does not paint over it, input
// falls through it, and it moves with its parent. One goroutine (paint) does all the
// drawing, one (listen) reads the server's events; both end with the connection.
type child struct {
	x      *xserver
	stage  uint32
	spent  *latency
	parent xproto.Window
	win    xproto.Window
	wake   chan struct{} // capacity 1: there is something to do
	quit   chan struct{}
	done   sync.WaitGroup

	mu   sync.Mutex
	want wanted

	p painter // of the paint goroutine alone
}

// wanted is what the other goroutines asked for and the paint goroutine has not done.
type wanted struct {
	buf     *buffer
	lay     layout
	holes   []image.Rectangle
	recut   bool
	hidden  bool
	sprite  sprite
	dirty   frame.Region // of the buffer
	exposed frame.Region // of the child window
	since   time.Time    // of the oldest dirt
	shadow  []byte       // without shared memory: a copy of the buffer that nobody decodes into
	owed    int          // updates not yet completed
	begun   [inFlight]time.Time
	retired []uint32 // shared memory of former buffers
	gone    bool     // the window was destroyed
}

// newChild makes a window in parent and takes over x, which it closes in any case of
// failure too.
func newChild(x *xserver, parent uint32, stage uint32, spent *latency) (*child, error) {
	c := &child{
		x: x, stage: stage, spent: spent, parent: xproto.Window(parent),
		wake: make(chan struct{}, 1), quit: make(chan struct{}),
	}
	if err := c.open(); err != nil {
		x.close()
		return nil, err
	}
	c.done.Add(2)
	go c.listen()
	go c.paint()
	return c, nil
}

func (c *child) open() error {
	conn, scr := c.x.c, c.x.screen
	var err error
	if c.win, err = xproto.NewWindowId(conn); err != nil {
		return fmt.Errorf("making a window: %w", err)
	}
	mask := uint32(xproto.CwBackPixmap | xproto.CwBorderPixel | xproto.CwEventMask)
	vals := []uint32{xproto.BackPixmapNone, 0, xproto.EventMaskExposure | xproto.EventMaskStructureNotify}
	attr, err := xproto.GetWindowAttributes(conn, c.parent).Reply()
	if err != nil {
		return fmt.Errorf("looking at the parent: %w", err)
	}
	if attr.Visual != scr.RootVisual {
		cm, e := xproto.NewColormapId(conn)
		if e != nil {
			return fmt.Errorf("making a colormap: %w", e)
		}
		xproto.CreateColormap(conn, xproto.ColormapAllocNone, cm, c.parent, scr.RootVisual)
		mask, vals = mask|xproto.CwColormap, append(vals, uint32(cm))
	}
	err = xproto.CreateWindowChecked(conn, scr.RootDepth, c.win, c.parent, 0, 0, 1, 1, 0,
		xproto.WindowClassInputOutput, scr.RootVisual, mask, vals).Check()
	if err != nil {
		return fmt.Errorf("making a window: %w", err)
	}
	shape.Rectangles(conn, shape.SoSet, shape.SkInput, xproto.ClipOrderingUnsorted, c.win, 0, 0, nil)
	return c.p.open(c.x, c.win, c.stage)
}

func (c *child) way() string {
	if c.x.shared {
		return "child"
	}
	return "put"
}

// change lets f change what is wanted and wakes the painter.
func (c *child) change(f func(w *wanted)) {
	c.mu.Lock()
	f(&c.want)
	c.mu.Unlock()
	select {
	case c.wake <- struct{}{}:
	default:
	}
}

func (c *child) attach(b *buffer) {
	c.change(func(w *wanted) {
		if w.buf != nil && w.buf.share != 0 {
			w.retired = append(w.retired, w.buf.share)
		}
		w.buf = b
		w.dirty.Clear()
		if b.share == 0 {
			w.shadow = append(w.shadow[:0], b.frame.Pix...)
		} else {
			w.shadow = nil
		}
	})
}

func (c *child) place(l layout)  { c.change(func(w *wanted) { w.lay = l }) }
func (c *child) hide(on bool)    { c.change(func(w *wanted) { w.hidden = on }) }
func (c *child) sprite(s sprite) { c.change(func(w *wanted) { w.sprite = s }) }
func (c *child) cut(holes []image.Rectangle) {
	c.change(func(w *wanted) { w.holes, w.recut = holes, true })
}
func (c *child) exposed(r image.Rectangle) { c.change(func(w *wanted) { w.exposed.Add(r) }) }

func (c *child) damage(rs []image.Rectangle, at time.Time) {
	c.change(func(w *wanted) {
		if w.buf == nil || len(rs) == 0 {
			return
		}
		if w.dirty.Empty() {
			w.since = at
		}
		for _, r := range rs {
			w.dirty.Add(r)
			if w.buf.share == 0 {
				copyRows(w.shadow, w.buf.frame, r)
			}
		}
	})
}

func (c *child) close() {
	close(c.quit)
	c.x.close() // the server takes the window, the pictures and the memory back
	c.done.Wait()
}

// listen reads the server's events until the connection ends. Errors are expected: the
// window may vanish with its parent at any time.
func (c *child) listen() {
	defer c.done.Done()
	for {
		ev, err := c.x.c.WaitForEvent()
		if ev == nil && err == nil {
			return
		}
		switch e := ev.(type) {
		case shm.CompletionEvent:
			c.completed()
		case xproto.ExposeEvent:
			at := image.Pt(int(e.X), int(e.Y))
			c.exposed(image.Rectangle{Min: at, Max: at.Add(image.Pt(int(e.Width), int(e.Height)))})
		case xproto.DestroyNotifyEvent:
			c.change(func(w *wanted) { w.gone = true })
		}
	}
}

// completed: the server has drawn the oldest update it owed.
func (c *child) completed() {
	c.change(func(w *wanted) {
		if w.owed == 0 {
			return
		}
		c.spent.add(time.Since(w.begun[0]))
		copy(w.begun[:], w.begun[1:])
		w.owed--
	})
}

// paint does what is wanted, one step after the other, until quit.
func (c *child) paint() {
	defer c.done.Done()
	for {
		select {
		case <-c.quit:
			return
		case <-c.wake:
		}
		if job, ok := c.take(); ok {
			c.p.do(job)
			c.after(job)
		}
	}
}

// take takes what can be done now.
func (c *child) take() (job, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	w := &c.want
	if w.gone || w.buf == nil || w.owed >= inFlight {
		return job{}, false
	}
	j := job{buf: w.buf, lay: w.lay, holes: w.holes, recut: w.recut, hidden: w.hidden, sprite: w.sprite, since: w.since, retired: w.retired}
	j.dirty = append(j.dirty, w.dirty.Rects()...)
	j.exposed = append(j.exposed, w.exposed.Rects()...)
	w.dirty.Clear()
	w.exposed.Clear()
	w.recut, w.retired = false, nil
	if w.buf.share == 0 {
		j.read = c.rows
	} else if !w.hidden && len(j.dirty) > 0 {
		j.answer = true
		w.begun[w.owed] = w.since
		w.owed++
	}
	return j, true
}

// after settles what take reckoned with.
func (c *child) after(j job) {
	switch {
	case j.read != nil && len(j.dirty) > 0:
		// A round trip: without shared memory this is what holds us to the server's speed.
		if _, err := xproto.GetInputFocus(c.x.c).Reply(); err == nil {
			c.spent.add(time.Since(j.since))
		}
	case j.answer && !c.p.answered:
		c.change(func(w *wanted) { w.owed = max(0, w.owed-1) })
	}
}

// rows copies rectangle r of the shadow of b.
func (c *child) rows(b *buffer, r image.Rectangle) []byte {
	out := make([]byte, 0, 4*r.Dx()*r.Dy())
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.want.buf != b {
		return out[:cap(out)] // replaced meanwhile: the next step draws the new one
	}
	for y := r.Min.Y; y < r.Max.Y; y++ {
		o := y*b.frame.Stride + 4*r.Min.X
		out = append(out, c.want.shadow[o:o+4*r.Dx()]...)
	}
	return out
}

// copyRows copies rectangle r of f to the same place of dst.
func copyRows(dst []byte, f *frame.Frame, r image.Rectangle) {
	for y := r.Min.Y; y < r.Max.Y; y++ {
		o := y*f.Stride + 4*r.Min.X
		copy(dst[o:o+4*r.Dx()], f.Pix[o:])
	}
}
