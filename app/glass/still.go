package glass

import (
	"image"
	"sync"
	"time"

	"fyne.io/fyne/v2/canvas"

	"beside/frame"
)

// still is the last way: a Fyne image. It works with every driver and is slow.
type still struct {
	g *Glass

	mu     sync.Mutex
	buf    *buffer
	next   *image.RGBA // what shall be shown
	dirty  frame.Region
	since  time.Time
	asked  bool
	hidden bool

	img *image.RGBA // what Fyne paints; of the Fyne goroutine alone
	lay layout
}

func newStill(g *Glass) *still { return &still{g: g, hidden: true} }

func (s *still) way() string { return wayImage }

func (s *still) attach(b *buffer) {
	s.mu.Lock()
	s.buf = b
	s.next = image.NewRGBA(b.frame.Bounds())
	s.take([]image.Rectangle{b.frame.Bounds()})
	s.mu.Unlock()
	s.ask()
}

// damage takes the pixels now: the caller will decode over them, and Fyne paints later.
func (s *still) damage(rs []image.Rectangle, at time.Time) {
	s.mu.Lock()
	if s.buf != nil {
		if s.dirty.Empty() {
			s.since = at
		}
		s.take(rs)
	}
	s.mu.Unlock()
	s.ask()
}

// take copies rectangles of the buffer, with red and blue exchanged. mu is held.
func (s *still) take(rs []image.Rectangle) {
	f := s.buf.frame
	for _, r := range rs {
		s.dirty.Add(r)
		for y := r.Min.Y; y < r.Max.Y; y++ {
			src := f.Pix[y*f.Stride+4*r.Min.X:][:4*r.Dx()]
			dst := s.next.Pix[s.next.PixOffset(r.Min.X, y):][:len(src)]
			for i := 0; i < len(src); i += 4 {
				dst[i], dst[i+1], dst[i+2], dst[i+3] = src[i+2], src[i+1], src[i], 0xFF
			}
		}
	}
}

// ask lets the Fyne goroutine show what was taken. mu is not held: fyne.Do may show at
// once.
func (s *still) ask() {
	s.mu.Lock()
	ask := !s.asked && s.buf != nil
	s.asked = s.asked || ask
	s.mu.Unlock()
	if ask {
		s.g.opt.Do(s.show)
	}
}

func (s *still) show() {
	s.mu.Lock()
	s.asked = false
	next, since, shown := s.next, s.since, !s.hidden && !s.dirty.Empty()
	if s.img == nil || s.img.Rect != next.Rect {
		s.img = image.NewRGBA(next.Rect)
	}
	for _, r := range s.dirty.Rects() {
		for y := r.Min.Y; y < r.Max.Y; y++ {
			o := next.PixOffset(r.Min.X, y)
			copy(s.img.Pix[o:o+4*r.Dx()], next.Pix[o:])
		}
	}
	s.dirty.Clear()
	s.mu.Unlock()
	s.set()
	if shown {
		s.g.spent.add(time.Since(since))
	}
}

// set makes Fyne's objects show what is to be seen.
func (s *still) set() {
	s.mu.Lock()
	hidden := s.hidden
	s.mu.Unlock()
	still, l := s.g.still, s.lay
	if hidden || s.img == nil || l.empty() || l.size != s.img.Rect.Size() {
		still.Hide()
		s.g.pointer()
		return
	}
	seen := l.seen()
	still.Image = s.img
	still.FillMode = canvas.ImageFillStretch
	still.ScaleMode = canvas.ImageScaleSmooth
	if l.sharp() {
		still.ScaleMode = canvas.ImageScalePixels
	}
	if l.exact() {
		still.Image = s.img.SubImage(seen.Sub(l.pic.Min))
	}
	s.g.setBox(still, seen)
	still.Show()
	still.Refresh()
	s.g.stage.Refresh() // Fyne does not know of objects that were never visible
	s.g.pointer()
}

func (s *still) place(l layout) {
	s.lay = l
	s.set()
}

func (s *still) hide(on bool) {
	s.mu.Lock()
	s.hidden = on
	s.mu.Unlock()
	s.g.opt.Do(s.set)
}

// cut has nothing to do: Fyne paints its overlays above the picture.
func (s *still) cut([]image.Rectangle) {}

func (s *still) sprite(p sprite) { s.g.opt.Do(func() { s.g.point(p) }) }

func (s *still) close() { s.g.still.Hide() }
