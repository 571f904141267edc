package desk

import (
	"fmt"
	"image"
	"sync"
	"time"

	"fyne.io/fyne/v2"
	"github.com/jezek/xgb"
	"github.com/jezek/xgb/xinerama"
	"github.com/jezek/xgb/xproto"

	"beside/internal/xconn"
)

// Desk is a connection to an X11 desktop.
type Desk struct {
	c    *xgb.Conn
	root xproto.Window
	done sync.WaitGroup

	mu    sync.Mutex
	atoms map[string]xproto.Atom
	kept  map[xproto.Window]*keeper
}

// Open connects to the desktop that DISPLAY names. It is to be called before Fyne opens a window: a
// window manager that is just starting is waited for, for two seconds.
func Open() (*Desk, error) {
	x, err := xconn.Dial("")
	if err != nil {
		return nil, fmt.Errorf("desk: connecting: %w", err)
	}
	settleManager(x, managerPatience)
	c := x.Conn
	d := &Desk{
		c: c, root: xproto.Setup(c).DefaultScreen(c).Root,
		atoms: map[string]xproto.Atom{}, kept: map[xproto.Window]*keeper{},
	}
	if !x.Has("XINERAMA") {
		d.atoms[noXinerama] = 1
	}
	d.done.Go(d.listen) // ends with the connection
	return d, nil
}

// noXinerama stands among the atoms when the server knows of one monitor only.
const noXinerama = "\x00no xinerama"

// Close ends the connection and waits for its goroutine. Windows stay as they are. A
// nil Desk may be closed.
func (d *Desk) Close() {
	if d == nil {
		return
	}
	d.mu.Lock()
	for _, k := range d.kept {
		k.stop()
	}
	d.kept = map[xproto.Window]*keeper{}
	d.mu.Unlock()
	d.c.Close()
	d.done.Wait()
}

// listen keeps windows on top. Errors are expected: a window may go at any time.
func (d *Desk) listen() {
	for {
		ev, err := d.c.WaitForEvent()
		if ev == nil && err == nil {
			return
		}
		switch e := ev.(type) {
		case xproto.VisibilityNotifyEvent:
			if e.State != xproto.VisibilityUnobscured {
				d.covered(e.Window)
			}
		case xproto.DestroyNotifyEvent:
			d.forget(e.Window)
		}
	}
}

// covered raises a kept window that something was put over.
func (d *Desk) covered(w xproto.Window) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if k := d.kept[w]; k != nil {
		k.covered(time.Now())
	}
}

func (d *Desk) forget(w xproto.Window) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if k := d.kept[w]; k != nil {
		k.stop()
		delete(d.kept, w)
	}
}

// keep keeps w on top from now on.
func (d *Desk) keep(w xproto.Window) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.kept[w] == nil {
		d.kept[w] = &keeper{raise: func() { d.raise(w) }}
	}
}

func (d *Desk) raise(w xproto.Window) {
	xproto.ConfigureWindow(d.c, w, xproto.ConfigWindowStackMode, []uint32{xproto.StackModeAbove})
}

// window is the X server's name of w.
func (d *Desk) window(w fyne.Window) (xproto.Window, error) {
	if d == nil {
		return 0, ErrUnsupported
	}
	h, ok := Handle(w)
	if !ok {
		return 0, ErrNoWindow
	}
	return xproto.Window(h), nil
}

// atom is the server's number for a name, 0 when it cannot be had.
func (d *Desk) atom(name string) xproto.Atom {
	d.mu.Lock()
	defer d.mu.Unlock()
	if a, ok := d.atoms[name]; ok {
		return a
	}
	r, err := xproto.InternAtom(d.c, false, uint16(len(name)), name).Reply()
	if err != nil {
		return 0
	}
	d.atoms[name] = r.Atom
	return r.Atom
}

// monitors are the rectangles of the desktop's monitors, at least one.
func (d *Desk) monitors() []image.Rectangle {
	var out []image.Rectangle
	d.mu.Lock()
	none := d.atoms[noXinerama] != 0
	d.mu.Unlock()
	if !none {
		if r, err := xinerama.QueryScreens(d.c).Reply(); err == nil {
			for _, s := range r.ScreenInfo {
				at := image.Pt(int(s.XOrg), int(s.YOrg))
				out = append(out, image.Rectangle{Min: at, Max: at.Add(image.Pt(int(s.Width), int(s.Height)))})
			}
		}
	}
	if len(out) == 0 {
		s := xproto.Setup(d.c).DefaultScreen(d.c)
		out = append(out, image.Rect(0, 0, int(s.WidthInPixels), int(s.HeightInPixels)))
	}
	return out
}

// Pointer is where the pointer is.
func (d *Desk) Pointer() (p image.Point, ok bool) {
	if d == nil {
		return p, false
	}
	r, err := xproto.QueryPointer(d.c, d.root).Reply()
	if err != nil {
		return p, false
	}
	return image.Pt(int(r.RootX), int(r.RootY)), true
}

// MonitorAtPointer is the monitor that the pointer is on.
func (d *Desk) MonitorAtPointer() (image.Rectangle, error) {
	if d == nil {
		return image.Rectangle{}, ErrUnsupported
	}
	p, _ := d.Pointer()
	return at(d.monitors(), p), nil
}

// Bounds is where the content of w lies; false while w is not on the screen.
func (d *Desk) Bounds(w fyne.Window) (b image.Rectangle, ok bool) {
	id, err := d.window(w)
	if err != nil {
		return b, false
	}
	g, err := xproto.GetGeometry(d.c, xproto.Drawable(id)).Reply()
	if err != nil {
		return b, false
	}
	p, err := xproto.TranslateCoordinates(d.c, id, d.root, 0, 0).Reply()
	if err != nil {
		return b, false
	}
	min := image.Pt(int(p.DstX), int(p.DstY))
	return image.Rectangle{Min: min, Max: min.Add(image.Pt(int(g.Width), int(g.Height)))}, true
}

// Origin is where the top left pixel of the content of w lies; false while w is not on
// the screen.
func (d *Desk) Origin(w fyne.Window) (image.Point, bool) {
	id, err := d.window(w)
	if err != nil {
		return image.Point{}, false
	}
	if a, err := xproto.GetWindowAttributes(d.c, id).Reply(); err != nil || a.MapState != xproto.MapStateViewable {
		return image.Point{}, false
	}
	b, ok := d.Bounds(w)
	return b.Min, ok
}

// Move puts w there; with a frame it is the frame that is put there.
func (d *Desk) Move(w fyne.Window, to image.Point) error {
	id, err := d.window(w)
	if err != nil {
		return err
	}
	err = xproto.ConfigureWindowChecked(d.c, id, xproto.ConfigWindowX|xproto.ConfigWindowY,
		[]uint32{uint32(to.X), uint32(to.Y)}).Check()
	if err != nil {
		return fmt.Errorf("%w: moving: %w", ErrNoWindow, err)
	}
	return nil
}

// PlaceTopCentre puts w at the top of the monitor the pointer is on, in its middle.
func (d *Desk) PlaceTopCentre(w fyne.Window) error {
	b, err := d.bounds(w)
	if err != nil {
		return err
	}
	m, err := d.MonitorAtPointer()
	if err != nil {
		return err
	}
	return d.Move(w, topCentre(m, b.Dx()))
}

// Below puts w under bar with a gap between them, centred on it as far as the monitor
// allows.
func (d *Desk) Below(w, bar fyne.Window, gap int) error {
	b, err := d.bounds(w)
	if err != nil {
		return err
	}
	over, err := d.bounds(bar)
	if err != nil {
		return err
	}
	m := at(d.monitors(), image.Pt((over.Min.X+over.Max.X)/2, over.Min.Y))
	return d.Move(w, under(over, b.Size(), gap, m))
}

func (d *Desk) bounds(w fyne.Window) (image.Rectangle, error) {
	if d == nil {
		return image.Rectangle{}, ErrUnsupported
	}
	b, ok := d.Bounds(w)
	if !ok {
		return b, ErrNoWindow
	}
	return b, nil
}

// Raise puts w above the others of its kind.
func (d *Desk) Raise(w fyne.Window) error {
	id, err := d.window(w)
	if err != nil {
		return err
	}
	d.raise(id)
	return nil
}

// Attention asks the desktop to mark w in the task bar, without taking the keyboard.
func (d *Desk) Attention(w fyne.Window) error {
	id, err := d.window(w)
	if err != nil {
		return err
	}
	return d.state(id, "_NET_WM_STATE_DEMANDS_ATTENTION")
}

// state asks the window manager to give a shown window a state.
func (d *Desk) state(id xproto.Window, name string) error {
	const add, application = 1, 1
	ev := xproto.ClientMessageEvent{
		Format: 32, Window: id, Type: d.atom("_NET_WM_STATE"),
		Data: xproto.ClientMessageDataUnionData32New([]uint32{add, uint32(d.atom(name)), 0, application, 0}),
	}
	err := xproto.SendEventChecked(d.c, false, d.root,
		xproto.EventMaskSubstructureRedirect|xproto.EventMaskSubstructureNotify, string(ev.Bytes())).Check()
	if err != nil {
		return fmt.Errorf("desk: asking the window manager: %w", err)
	}
	return nil
}
