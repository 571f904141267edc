package glass

import (
	"image"
	"time"

	"fyne.io/fyne/v2"
	"github.com/go-gl/glfw/v3.3/glfw"

	"beside/frame"
	"beside/input"
)

// SetControl lets what the helper does over the picture through, or not. Turning it off
// releases everything held first. It starts off.
func (g *Glass) SetControl(on bool) {
	if g.control == on || on && g.closed {
		return
	}
	if !on {
		g.emit(g.tr.release())
	}
	g.control, g.tr.on = on, on
	if on && g.opt.Window.Canvas() != nil && fyne.CurrentApp().Driver().CanvasForObject(g) != nil {
		g.opt.Window.Canvas().Focus(g)
	}
	g.refused = 0
	g.grab()
	g.pic.setOwn(on)
	g.repoint()
}

// Release lets go of every key and button held on the other machine.
func (g *Glass) Release() { g.emit(g.tr.release()) }

func (g *Glass) emit(es []input.Event) {
	if g.opt.Input == nil {
		return
	}
	for _, e := range es {
		g.opt.Input(e)
	}
}

// The keyboard is asked for again every grabPause, maxRefused times in all.
const (
	grabPause  = 50 * time.Millisecond
	maxRefused = 40
)

// grab holds the whole keyboard exactly while the helper controls and the picture has
// the focus, so that Alt+Tab and the like go to the remote machine.
func (g *Glass) grab() {
	want := g.control && g.focused && !g.closed && g.raw != nil
	if want == g.grabbed {
		return
	}
	if !want {
		g.grabbed = false
		ungrabKeyboard()
		return
	}
	if g.grabbed = grabKeyboard(g.raw); g.grabbed {
		g.refused = 0
	} else if g.refused++; g.refused < maxRefused {
		// The window manager holds the keyboard itself while it gives us the focus.
		time.AfterFunc(grabPause, func() { g.opt.Do(g.grab) })
	}
}

// reshape gives this machine's pointer the remote one's shape while it controls: that
// one moves without delay. Else the surface draws the remote pointer where it is.
func (g *Glass) reshape() {
	shape := g.pic.shape()
	if shape == nil || g.shape.shape == shape || g.closed {
		return
	}
	g.shape.shape = shape
	if g.control {
		g.repoint()
	}
}

// repoint brings this machine's pointer into the shape it should have. Fyne is asked
// first, as if the pointer had moved: it must know that the shape is the picture's, or
// it would leave it so elsewhere.
func (g *Glass) repoint() {
	if x, y := g.mouse(); g.hooks == nil || g.hooks.move == nil || !g.tr.lay.covers(x, y) {
		return
	}
	g.asked = false
	g.hooks.move(g.raw, g.rawX, g.rawY)
	if g.asked && g.control && g.shape.shape != nil {
		g.shape.show(g.raw)
	}
}

// mouse is where the pointer was in the order of events, in device pixels of the window.
// What GLFW says it is now would misplace a click that was waiting.
func (g *Glass) mouse() (x, y float64) { return g.mouseX, g.mouseY }

// device turns GLFW's screen coordinates into device pixels; they differ on macOS.
func (g *Glass) device(x, y float64) (float64, float64) {
	w, h := g.raw.GetSize()
	fw, fh := g.raw.GetFramebufferSize()
	if w <= 0 || h <= 0 {
		return x, y
	}
	return x * float64(fw) / float64(w), y * float64(fh) / float64(h)
}

// onMotion handles the pointer's move and leaves it to Fyne too, for its pointer shape.
func (g *Glass) onMotion(x, y float64) {
	g.rawX, g.rawY = x, y
	x, y = g.device(x, y)
	g.mouseX, g.mouseY = x, y
	blocked := g.blocked(x, y)
	if g.control && g.mode == Actual && !blocked && g.tr.lay.covers(x, y) {
		if p := g.tr.lay.push(g.pan, x, y); p != g.pan {
			g.pan = p // first: the move must say what is beneath the pointer afterwards
			g.arrange()
		}
	}
	g.emit(g.tr.motion(x, y, blocked))
	g.pointTo(x, y, blocked)
}

// onButton says whether the press or release was for the remote machine.
func (g *Glass) onButton(b glfw.MouseButton, a glfw.Action) bool {
	x, y := g.mouse()
	if g.pointButton(b, a, x, y) {
		return true
	}
	es, ours := g.tr.button(buttonCode(b), a == glfw.Press, x, y, g.blocked(x, y))
	if ours && a == glfw.Press {
		g.opt.Window.Canvas().Focus(g)
	}
	g.emit(es)
	return ours
}

// buttonCode is the number of a mouse button in input's counting, 0 for the others.
func buttonCode(b glfw.MouseButton) uint8 {
	codes := [...]uint8{
		glfw.MouseButtonLeft: 1, glfw.MouseButtonMiddle: 2, glfw.MouseButtonRight: 3,
		glfw.MouseButton4: 4, glfw.MouseButton5: 5,
	}
	if b < 0 || int(b) >= len(codes) {
		return 0
	}
	return codes[b]
}

// onScroll says whether the wheel was for the remote machine.
func (g *Glass) onScroll(dx, dy float64) bool {
	x, y := g.mouse()
	es, ours := g.tr.scroll(dx, dy, x, y, g.blocked(x, y))
	g.emit(es)
	return ours
}

// onKey says whether the key was for the remote machine.
func (g *Glass) onKey(k glfw.Key, scan int, a glfw.Action) bool {
	u := usage(k, scan)
	if u == usageHost {
		g.hostKey(a)
	} else if a == glfw.Press {
		g.hostAlone = false
	}
	if a == glfw.Repeat { // the remote machine makes its own
		return g.control && g.focused && !g.tr.host && u != usageHost
	}
	if a == glfw.Press && u != usageHost && !g.focused {
		return false
	}
	es, ours := g.tr.key(u, a == glfw.Press)
	g.emit(es)
	return ours
}

func (g *Glass) hostKey(a glfw.Action) {
	switch {
	case a == glfw.Press:
		g.hostAlone = g.control
		g.emit(g.tr.release()) // what is held must not wait for the host key's end
	case a == glfw.Release && g.hostAlone:
		g.hostAlone = false
		if g.opt.Host != nil {
			g.opt.Host()
		}
	}
}

// localCursor is the remote pointer's shape as Fyne wants a pointer. It is one value for
// the life of a Glass, for Fyne compares values and makes a cursor for each.
type localCursor struct {
	shape *frame.CursorShape
	mine  *glfw.Cursor
}

// Image implements desktop.Cursor.
func (l *localCursor) Image() (image.Image, int, int) {
	s := l.shape
	return &image.RGBA{Pix: s.Pix, Stride: 4 * s.Size.X, Rect: image.Rectangle{Max: s.Size}}, s.Hot.X, s.Hot.Y
}

// show makes the shape visible at once; Fyne would wait for the next move.
func (l *localCursor) show(w *glfw.Window) {
	old := l.mine
	l.mine = glfw.CreateCursor(l.Image())
	w.SetCursor(l.mine)
	if old != nil {
		old.Destroy()
	}
}
