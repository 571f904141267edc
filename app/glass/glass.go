package glass

import (
	"image"
	"image/color"
	"log/slog"
	"os"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/widget"
	"github.com/go-gl/glfw/v3.3/glfw"

	"beside/frame"
	"beside/input"
	"beside/session"
)

// Options say what a Glass is for. Only Window is required.
type Options struct {
	// Window is the viewer's window. It must not have a main menu, whose drop-down would
	// open beneath the picture.
	Window fyne.Window
	// Input gets what the helper does over the picture while controlling. It is called
	// on the Fyne goroutine and must not block. nil: nothing.
	Input func(input.Event)
	// Host is called on the Fyne goroutine when the reserved key, right Ctrl, was pressed
	// and released alone. It is the way out of a grabbed keyboard. nil: nothing.
	Host func()
	// Point gets where the pointer is while SetPointing is on: over the picture or not, and whether
	// its first button is down. It is called on the Fyne goroutine and must not block. nil: nothing.
	Point func(at input.Move, down, inside bool)
	// Do runs a function on the Fyne goroutine, soon. Whoever sets it also sees to it that
	// input is handled when it comes. nil: fyne.Do, and the Glass does that itself.
	Do func(func())
	// Stage is the colour around the picture and instead of it. nil: near black.
	Stage color.Color
	// Way forces a way to show pixels: child, put, gl or image. "": the environment
	// variable GLASS, or else the best that works.
	Way string
	// Log is told once which way was chosen. nil: slog.Default.
	Log *slog.Logger
}

// Glass is the remote picture in a window: a widget that takes all the room it is
// given. Screen is its other side. All methods but Screen's and Display are for the Fyne
// goroutine only. It must be hidden itself, not only an object around it.
type Glass struct {
	widget.BaseWidget
	opt   Options
	pumps bool // nobody else sees to it that input is handled at once
	pic   *picture
	spent *latency
	tr    translator
	surf  surface
	open  opener

	raw     *glfw.Window // the window in GLFW's terms, known from its first paint on
	hooks   *hooks
	started bool
	closed  bool
	way     string

	mode           Mode
	pan            image.Point
	control        bool
	pointing       bool // the helper points instead of controlling
	pressed        bool // since the press that began over the picture
	focused        bool // Fyne's focus is on the picture, and the window has the keyboard
	grabbed        bool
	refused        int     // how often the grab was refused in a row
	hostAlone      bool    // nothing else was pressed since the host key
	mouseX, mouseY float64 // the pointer, in device pixels of the window
	rawX, rawY     float64 // the same as GLFW counts
	asked          bool    // Fyne asked for the pointer's shape
	shape          *localCursor
	holes          []image.Rectangle
	floats         []floating
	looking        bool // a look at geometry and holes is on its way

	stage   *canvas.Rectangle
	still   *canvas.Image      // the image surface's picture
	arrow   *canvas.Image      // its and GL's remote pointer
	drawn   sprite             // the remote pointer that Fyne shall draw
	arrowOf *frame.CursorShape // what arrow shows
}

var (
	_ fyne.Widget        = (*Glass)(nil)
	_ fyne.Focusable     = (*Glass)(nil)
	_ fyne.Tabbable      = (*Glass)(nil)
	_ fyne.Scrollable    = (*Glass)(nil)
	_ desktop.Cursorable = (*Glass)(nil)
	_ session.Screen     = (*picture)(nil)
)

// New makes a Glass for the window. Close must be called while that window still exists:
// in its OnClosed at the latest.
func New(opt Options) *Glass {
	if opt.Stage == nil {
		opt.Stage = color.NRGBA{R: 0x23, G: 0x27, B: 0x2E, A: 0xFF}
	}
	if opt.Log == nil {
		opt.Log = slog.Default()
	}
	if opt.Way == "" {
		opt.Way = os.Getenv("GLASS")
	}
	pumps := opt.Do == nil
	if pumps {
		opt.Do = fyne.Do
	}
	g := &Glass{opt: opt, pumps: pumps, spent: &latency{}, shape: &localCursor{}}
	g.stage = canvas.NewRectangle(opt.Stage)
	g.still, g.arrow = canvas.NewImageFromImage(nil), canvas.NewImageFromImage(nil)
	g.still.ScaleMode, g.arrow.ScaleMode = canvas.ImageScaleSmooth, canvas.ImageScalePixels
	g.still.Hide()
	g.arrow.Hide()
	_, native := opt.Window.(driver.NativeWindow)
	g.open = newOpener(opt, native)
	g.pic = &picture{
		alloc:   g.open.alloc,
		spent:   g.spent,
		resized: func() { g.opt.Do(g.arrange) },
		pointer: func() { g.opt.Do(g.reshape) },
		unknown: arrowShape(),
	}
	g.ExtendBaseWidget(g)
	if !native {
		g.start()
	}
	return g
}

// Screen is where the session decodes into and shows pictures. Its methods may be
// called from any goroutine, also before the window is shown and after Close. Frame
// returns nil for a size that frame.ValidSize refuses.
func (g *Glass) Screen() session.Screen { return g.pic }

// Way names how pixels reach the screen: child, put, gl, gl-tick or image; "" before
// the window was first painted.
func (g *Glass) Way() string { return g.way }

// Display is the median time from Screen.Show to the picture being on the screen, 0
// while unknown. It is safe for concurrent use.
func (g *Glass) Display() time.Duration { return g.spent.median() }

// SetMode sets how the picture is sized.
func (g *Glass) SetMode(m Mode) {
	g.mode = m
	g.arrange()
}

// Mode is how the picture is sized.
func (g *Glass) Mode() Mode { return g.mode }

// Pan moves a picture that is larger than the glass: positive shows more of its right
// and its bottom. Device pixels.
func (g *Glass) Pan(dx, dy int) {
	g.pan = g.pan.Add(image.Pt(dx, dy))
	g.arrange()
}

// Float keeps o, an object of the same window that may lie over the picture, visible
// there. Outside its corners, which have that radius in Fyne's sizes, the picture is to be seen.
// Fyne's own dialogs and menus need no Float.
func (g *Glass) Float(o fyne.CanvasObject, corner float32) {
	g.floats = append(g.floats, floating{o, corner})
	g.look()
}

// Unfloat ends Float.
func (g *Glass) Unfloat(o fyne.CanvasObject) {
	for i, f := range g.floats {
		if f.CanvasObject == o {
			g.floats = append(g.floats[:i:i], g.floats[i+1:]...)
			break
		}
	}
	g.look()
}

// Close gives the window back as it was and frees everything. The Screen stays usable
// and shows nothing.
func (g *Glass) Close() {
	if g.closed {
		return
	}
	g.SetControl(false)
	g.closed = true
	if g.hooks != nil {
		g.hooks.remove()
	}
	g.pic.bind(nil)
	if g.surf != nil {
		g.surf.close()
		g.surf = nil
	}
	g.open.close()
}

// start chooses the surface, once the window is on the screen.
func (g *Glass) start() {
	if g.started || g.closed {
		return
	}
	g.started = true
	g.surf = g.open.open(g)
	g.way = g.surf.way()
	g.opt.Log.Info("remote picture", "way", g.way)
	if g.raw != nil {
		g.hooks = hook(g)
		g.rawX, g.rawY = g.raw.GetCursorPos()
		g.mouseX, g.mouseY = g.device(g.rawX, g.rawY)
	}
	g.arrange()
	g.pic.bind(g.surf)
}

// arrange puts the picture where the widget is.
func (g *Glass) arrange() {
	if g.surf == nil {
		return
	}
	l := arrange(g.mode, g.area(), g.pic.size(), g.pan)
	if g.mode == Actual && !l.empty() {
		g.pan = image.Pt(max(0, l.area.Min.X-l.pic.Min.X), max(0, l.area.Min.Y-l.pic.Min.Y))
	}
	if l == g.tr.lay {
		return
	}
	g.tr.lay = l
	g.surf.place(l)
}

// area is the widget in device pixels of the window, empty when it is hidden.
func (g *Glass) area() image.Rectangle {
	if !g.Visible() || g.closed {
		return image.Rectangle{}
	}
	r := g.pixels(g)
	if g.raw != nil {
		w, h := g.raw.GetFramebufferSize()
		r = r.Intersect(image.Rect(0, 0, w, h)) // Fyne rounds up: the window is what counts
	}
	return r
}

// pixels is where o lies in the window, in device pixels; empty when it is not there.
func (g *Glass) pixels(o fyne.CanvasObject) image.Rectangle {
	c := g.opt.Window.Canvas()
	d := fyne.CurrentApp().Driver()
	if d.CanvasForObject(o) != c {
		return image.Rectangle{}
	}
	pos, size := d.AbsolutePositionForObject(o), o.Size()
	x0, y0 := c.PixelCoordinateForPosition(pos)
	x1, y1 := c.PixelCoordinateForPosition(pos.AddXY(size.Width, size.Height))
	return image.Rect(x0, y0, x1, y1)
}
