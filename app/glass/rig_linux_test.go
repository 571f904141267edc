package glass

import (
	"image"
	"sync"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"
	"github.com/jezek/xgb"
	"github.com/jezek/xgb/xproto"
	"github.com/jezek/xgb/xtest"

	"beside/input"
	"beside/internal/xconn"
)

// rig is a window with a Glass, and eyes and hands of its own on the X server.
type rig struct {
	t   *testing.T
	w   fyne.Window
	g   *Glass
	bar *widget.Button
	x   *xgb.Conn
	win xproto.Window

	mu    sync.Mutex
	got   []input.Event
	hosts int
}

// newRig shows a window of that size, with a bar above the Glass unless it is 0.
func newRig(t *testing.T, way string, w, h float32, full bool) *rig {
	t.Helper()
	r := &rig{t: t}
	d, err := xconn.Dial("") // xgb's own Init races with every other connection
	if err != nil {
		t.Fatal(err)
	}
	r.x = d.Conn
	fyne.DoAndWait(func() {
		r.w = fyne.CurrentApp().NewWindow("glass " + t.Name())
		r.w.SetPadded(false)
		r.g = New(Options{Window: r.w, Way: way, Input: r.input, Host: func() { r.mu.Lock(); r.hosts++; r.mu.Unlock() }})
		r.bar = widget.NewButton("bar", func() {})
		content := fyne.CanvasObject(r.g)
		if !full {
			content = container.NewBorder(r.bar, nil, nil, nil, r.g)
		}
		r.w.SetContent(content)
		r.w.Resize(fyne.NewSize(w, h))
		r.w.SetFullScreen(full)
		r.w.Show()
	})
	t.Cleanup(func() {
		fyne.DoAndWait(func() {
			r.g.Close()
			r.w.Close()
		})
		r.x.Close()
	})
	r.until("the window is up", func() bool { return r.g.Way() != "" })
	fyne.DoAndWait(func() {
		id, _ := x11Window(r.w)
		r.win = xproto.Window(id)
	})
	if full {
		r.until("full screen", func() bool {
			return r.origin() == image.Point{} && r.g.area().Dx() == 1920
		})
	}
	return r
}

func (r *rig) input(e input.Event) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.got = append(r.got, e)
}

// events are the input events since the last call.
func (r *rig) events() []input.Event {
	r.mu.Lock()
	defer r.mu.Unlock()
	out := r.got
	r.got = nil
	return out
}

// until waits for a condition that is looked at on the Fyne goroutine.
func (r *rig) until(what string, ok func() bool) {
	r.t.Helper()
	for end := time.Now().Add(10 * time.Second); time.Now().Before(end); {
		var is bool
		fyne.DoAndWait(func() { is = ok() })
		if is {
			return
		}
		<-time.After(2 * time.Millisecond)
	}
	r.t.Fatalf("waited in vain: %s", what)
}

// origin is where the window's content lies on the screen.
func (r *rig) origin() image.Point {
	root := xproto.Setup(r.x).DefaultScreen(r.x).Root
	p, err := xproto.TranslateCoordinates(r.x, r.win, root, 0, 0).Reply()
	if err != nil {
		return image.Pt(-1, -1)
	}
	return image.Pt(int(p.DstX), int(p.DstY))
}

// see is what the screen shows in b, given in pixels of the window, as BGRX.
func (r *rig) see(b image.Rectangle) []byte {
	r.t.Helper()
	b = b.Add(r.origin())
	root := xproto.Drawable(xproto.Setup(r.x).DefaultScreen(r.x).Root)
	im, err := xproto.GetImage(r.x, xproto.ImageFormatZPixmap, root,
		int16(b.Min.X), int16(b.Min.Y), uint16(b.Dx()), uint16(b.Dy()), 0xFFFFFFFF).Reply()
	if err != nil {
		r.t.Fatal(err)
	}
	return im.Data
}

// layout is where the picture is now.
func (r *rig) layout() (l layout) {
	fyne.DoAndWait(func() { l = r.g.tr.lay })
	return l
}

// fill draws a pattern of that seed into the rectangle of the picture and shows it.
func (r *rig) fill(size image.Point, b image.Rectangle, seed int) {
	f := r.g.Screen().Frame(size)
	for y := b.Min.Y; y < b.Max.Y; y++ {
		for x := b.Min.X; x < b.Max.X; x++ {
			copy(f.Pix[y*f.Stride+4*x:], []byte{byte(x + seed), byte(y * 3), byte((x*y)>>5 + seed*7), 0})
		}
	}
	r.g.Screen().Show([]image.Rectangle{b})
}

// differs counts the pixels in the window that are not the picture's.
func (r *rig) differs() (n int) {
	r.t.Helper()
	l := r.layout()
	b := l.seen()
	got := r.see(b)
	f := r.g.Screen().Frame(l.size)
	for y := range b.Dy() {
		for x := range b.Dx() {
			at := b.Min.Add(image.Pt(x, y)).Sub(l.pic.Min)
			s, g := f.Pix[at.Y*f.Stride+4*at.X:], got[4*(y*b.Dx()+x):]
			if s[0] != g[0] || s[1] != g[1] || s[2] != g[2] {
				n++
			}
		}
	}
	return n
}

// same waits until the window shows the picture pixel for pixel.
func (r *rig) same(what string) {
	r.t.Helper()
	n := 0
	for end := time.Now().Add(5 * time.Second); time.Now().Before(end); <-time.After(20 * time.Millisecond) {
		if n = r.differs(); n == 0 {
			return
		}
	}
	r.t.Errorf("%s: %d pixels differ", what, n)
}

// colour is the colour of one pixel of the window.
func (r *rig) colour(x, y int) uint32 {
	p := r.see(image.Rect(x, y, x+1, y+1))
	return uint32(p[2])<<16 | uint32(p[1])<<8 | uint32(p[0])
}

// point moves the real pointer to a pixel of the window.
func (r *rig) point(x, y int) {
	o := r.origin()
	r.fake(6, 0, o.X+x, o.Y+y)
}

// fake makes the X server believe in an event: 2, 3 keys; 4, 5 buttons; 6 motion.
func (r *rig) fake(kind, detail byte, x, y int) {
	root := xproto.Setup(r.x).DefaultScreen(r.x).Root
	if err := xtest.FakeInputChecked(r.x, kind, detail, 0, root, int16(x), int16(y), 0).Check(); err != nil {
		r.t.Error(err)
	}
}

// wants waits for input events.
func (r *rig) wants(what string, ok func([]input.Event) bool) []input.Event {
	r.t.Helper()
	var all []input.Event
	r.until(what, func() bool { all = append(all, r.events()...); return ok(all) })
	return all
}
