package glass

import (
	"errors"
	"fmt"
	"image"
	"image/color"
	"strings"
	"sync"
	"time"
	"unsafe"

	"github.com/go-gl/gl/v2.1/gl"
	"github.com/go-gl/glfw/v3.3/glfw"

	"beside/frame"
)

// errGL means that the window's GL is not the one this surface draws with.
var errGL = errors.New("glass: GL too small")

// settle is how long after a change of geometry the window is painted once more.
const settle = 100 * time.Millisecond

// texture is a picture in Fyne's own GL context, drawn in its place in Fyne's paint. It
// needs nothing of the operating system and lies correctly under Fyne's overlays, but
// every update costs a paint of the window.
type texture struct {
	g   *Glass
	now bool // paints can be had at once

	mu    sync.Mutex
	buf   *buffer
	fresh bool // buf is new: the texture's size may be wrong
	dirty frame.Region
	since time.Time
	asked bool // an upload is on its way

	// Of the Fyne goroutine alone.
	id     uint32
	size   image.Point
	lay    layout
	hidden bool
}

// newTexture makes the surface, on the Fyne goroutine, out of a paint.
func newTexture(g *Glass) (*texture, error) {
	t := &texture{g: g, now: canPaintNow(), hidden: true}
	g.raw.MakeContextCurrent()
	defer glfw.DetachCurrentContext()
	if err := gl.Init(); err != nil {
		return nil, fmt.Errorf("loading GL: %w", err)
	}
	if v := gl.GoStr(gl.GetString(gl.VERSION)); strings.Contains(v, "ES") {
		return nil, fmt.Errorf("%w: %s", errGL, v)
	}
	glfw.SwapInterval(0) // else a swap may hold the one Fyne goroutine for a refresh of the display
	gl.GenTextures(1, &t.id)
	g.stage.FillColor = color.Transparent // it is painted after us
	return t, nil
}

func (t *texture) way() string {
	if t.now {
		return wayGL
	}
	return wayGL + "-tick"
}

func (t *texture) attach(b *buffer) {
	t.mu.Lock()
	t.buf, t.fresh = b, true
	t.mu.Unlock()
	t.ask()
}

func (t *texture) damage(rs []image.Rectangle, at time.Time) {
	t.mu.Lock()
	if t.dirty.Empty() {
		t.since = at
	}
	for _, r := range rs {
		t.dirty.Add(r)
	}
	t.mu.Unlock()
	t.ask()
}

// ask lets the Fyne goroutine upload what is dirty, soon.
func (t *texture) ask() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.asked {
		return
	}
	t.asked = true
	t.g.opt.Do(t.upload)
}

func (t *texture) upload() {
	if t.g.closed {
		return
	}
	t.mu.Lock()
	t.asked = false
	b, fresh, since := t.buf, t.fresh, t.since
	rs := append([]image.Rectangle(nil), t.dirty.Rects()...)
	t.fresh = false
	t.dirty.Clear()
	t.mu.Unlock()
	if b == nil {
		return
	}
	t.g.raw.MakeContextCurrent()
	t.send(b.frame, fresh, rs)
	glfw.DetachCurrentContext()
	t.repaint()
	if len(rs) > 0 {
		t.g.spent.add(time.Since(since))
	}
}

// send brings pixels into the texture.
func (t *texture) send(f *frame.Frame, fresh bool, rs []image.Rectangle) {
	var was int32
	gl.GetIntegerv(gl.TEXTURE_BINDING_2D, &was)
	defer gl.BindTexture(gl.TEXTURE_2D, uint32(was))
	gl.BindTexture(gl.TEXTURE_2D, t.id)
	gl.PixelStorei(gl.UNPACK_ROW_LENGTH, int32(f.Stride/4))
	defer gl.PixelStorei(gl.UNPACK_ROW_LENGTH, 0)
	if fresh {
		t.size = f.Size
		for _, p := range []uint32{gl.TEXTURE_WRAP_S, gl.TEXTURE_WRAP_T} {
			gl.TexParameteri(gl.TEXTURE_2D, p, gl.CLAMP_TO_EDGE)
		}
		gl.TexImage2D(gl.TEXTURE_2D, 0, gl.RGBA8, int32(f.Size.X), int32(f.Size.Y), 0,
			gl.BGRA, gl.UNSIGNED_INT_8_8_8_8_REV, pointer(f, image.Point{}))
		return
	}
	for _, r := range rs {
		if r = r.Intersect(f.Bounds()); r.Empty() {
			continue
		}
		gl.TexSubImage2D(gl.TEXTURE_2D, 0, int32(r.Min.X), int32(r.Min.Y), int32(r.Dx()), int32(r.Dy()),
			gl.BGRA, gl.UNSIGNED_INT_8_8_8_8_REV, pointer(f, r.Min))
	}
}

// pointer is where GL finds a pixel; f must outlive the call it is used in.
func pointer(f *frame.Frame, at image.Point) unsafe.Pointer {
	return unsafe.Pointer(&f.Pix[at.Y*f.Stride+4*at.X]) //nolint:gosec // GL takes nothing else; the index is checked
}

// repaint paints the window, at once when that is possible.
func (t *texture) repaint() {
	t.g.stage.Refresh() // a rectangle has no texture: this only marks the window
	if t.now {
		paintNow()
	}
}

// draw draws the glass, in Fyne's paint with its context current.
func (t *texture) draw() {
	if t.lay.area.Empty() {
		return
	}
	w, h := t.g.raw.GetFramebufferSize()
	gl.PushAttrib(gl.ALL_ATTRIB_BITS)
	defer gl.PopAttrib()
	var program int32
	gl.GetIntegerv(gl.CURRENT_PROGRAM, &program)
	defer gl.UseProgram(uint32(program))
	gl.UseProgram(0)
	gl.Disable(gl.BLEND)
	gl.Enable(gl.SCISSOR_TEST)
	a := t.lay.area
	gl.Scissor(int32(a.Min.X), int32(h-a.Max.Y), int32(a.Dx()), int32(a.Dy()))
	r, g, b, _ := t.g.opt.Stage.RGBA()
	gl.ClearColor(float32(r)/0xFFFF, float32(g)/0xFFFF, float32(b)/0xFFFF, 1)
	gl.Clear(gl.COLOR_BUFFER_BIT)
	if t.hidden || t.size != t.lay.size {
		return
	}
	t.quad(w, h)
}

func (t *texture) quad(w, h int) {
	filter := int32(gl.LINEAR)
	if t.lay.sharp() {
		filter = gl.NEAREST
	}
	gl.Enable(gl.TEXTURE_2D)
	gl.BindTexture(gl.TEXTURE_2D, t.id)
	gl.TexParameteri(gl.TEXTURE_2D, gl.TEXTURE_MIN_FILTER, filter)
	gl.TexParameteri(gl.TEXTURE_2D, gl.TEXTURE_MAG_FILTER, filter)
	gl.TexEnvi(gl.TEXTURE_ENV, gl.TEXTURE_ENV_MODE, gl.REPLACE)
	gl.Viewport(0, 0, int32(w), int32(h))
	gl.MatrixMode(gl.PROJECTION)
	gl.LoadIdentity()
	gl.Ortho(0, float64(w), float64(h), 0, -1, 1)
	gl.MatrixMode(gl.MODELVIEW)
	gl.LoadIdentity()
	p := t.lay.pic
	x0, y0, x1, y1 := float32(p.Min.X), float32(p.Min.Y), float32(p.Max.X), float32(p.Max.Y)
	gl.Begin(gl.QUADS)
	for _, v := range [][4]float32{{0, 0, x0, y0}, {1, 0, x1, y0}, {1, 1, x1, y1}, {0, 1, x0, y1}} {
		gl.TexCoord2f(v[0], v[1])
		gl.Vertex2f(v[2], v[3])
	}
	gl.End()
}

func (t *texture) place(l layout) {
	t.lay = l
	t.g.stage.Refresh()
	t.g.pointer()
	// GL may learn of the window's new size only after the paint that was meant for it.
	time.AfterFunc(settle, func() {
		t.g.opt.Do(func() {
			if !t.g.closed {
				t.g.stage.Refresh()
			}
		})
	})
}

// cut has nothing to do: Fyne paints its overlays above the picture.
func (t *texture) cut([]image.Rectangle) {}

func (t *texture) hide(on bool) {
	t.g.opt.Do(func() {
		if t.hidden != on {
			t.hidden = on
			t.g.pointer()
			t.repaint()
		}
	})
}

func (t *texture) sprite(s sprite) { t.g.opt.Do(func() { t.g.point(s) }) }

func (t *texture) close() {
	t.g.raw.MakeContextCurrent()
	gl.DeleteTextures(1, &t.id)
	glfw.DetachCurrentContext()
}
