package mix

import (
	"image"
	"slices"
	"time"

	"beside/codec/screen"
	"beside/codec/vpx"
	"beside/frame"
)

// direct ends and opens films as the picture moves.
func (e *Encoder) direct(f *frame.Frame) {
	now := e.now()
	n := len(e.films)
	e.films = slices.DeleteFunc(e.films, func(m *film) bool {
		if now >= m.end() {
			m.look(f, now)
		}
		e.lossless = e.lossless || m.failed >= giveUp
		over := now >= m.end() || e.lossless
		if over {
			m.enc.Close()
			e.find.warm(f, now, m.blocks)
			e.ended, e.endedAt = m.blocks, now
		}
		return over
	})
	if len(e.films) < n {
		e.hold()
	}
	e.moving = e.find.observe(f, now, e.taken())
	if e.moving >= worth && e.dear() && (now >= e.quietTo || len(e.films) == 0) {
		e.open(f, now)
	}
	if now >= e.ratedAt+rateEvery {
		e.ratedAt = now
		for _, m := range e.films {
			_ = m.enc.SetRate(e.share(m.rect)) // the next frame tells what is wrong
		}
	}
}

// dear says whether package screen needs many bytes for what moves.
func (e *Encoder) dear() bool {
	n := min(e.lastBlocks, e.moving) * screen.Block * screen.Block
	return n > 0 && float64(e.lastBytes) >= dear*float64(n)
}

// taken are the blocks of all films.
func (e *Encoder) taken() []image.Rectangle {
	rs := make([]image.Rectangle, 0, MaxFilms)
	for _, m := range e.films {
		rs = append(rs, m.blocks)
	}
	return rs
}

func (e *Encoder) hold() {
	e.s.Hold(e.Films())
	if len(e.films) == 0 {
		e.shadow = nil
	}
}

// share is the rate a film of that size may have.
func (e *Encoder) share(r image.Rectangle) int {
	pixels := r.Dx() * r.Dy()
	most := float64(pixels) * 30 * bitsPixel
	if e.rate == 0 {
		return int(most)
	}
	all := pixels
	for _, m := range e.films {
		if m.rect != r {
			all += m.rect.Dx() * m.rect.Dy()
		}
	}
	return int(min(most, e.rate*filmShare*float64(pixels)/float64(all)))
}

// open makes films of the groups that move, largest first.
func (e *Encoder) open(f *frame.Frame, now time.Duration) {
	groups := e.find.groups(e.taken())
	slices.SortFunc(groups, func(a, b moving) int { return b.count - a.count })
	for _, g := range groups {
		rect := g.rect
		var over []*film // those that this one takes in
		for _, m := range e.films {
			u := rect.Union(m.blocks)
			if rect.Overlaps(m.blocks) || area(rect)+area(m.blocks) >= area(u)*4/5 {
				rect, over = u, append(over, m)
			}
		}
		pixels := e.find.inPixels(rect)
		if !vpx.ValidSize(pixels.Size()) || len(e.films)-len(over) >= MaxFilms || e.overlaps(rect, over) {
			continue
		}
		for _, m := range over {
			m.enc.Close()
		}
		e.films = slices.DeleteFunc(e.films, func(m *film) bool { return slices.Contains(over, m) })
		m, err := newFilm(e.freeSlot(), rect, pixels, e.share(pixels), now)
		if err != nil {
			e.lossless = true
			e.drop()
			e.hold()
			return
		}
		if now < e.endedAt+halting && rect.Overlaps(e.ended) {
			m.every = stillMost / stillFrames
		}
		e.films = append(e.films, m)
		e.quietTo = now + settleDown
		if e.shadow == nil {
			e.shadow = &frame.Frame{}
			e.shadow.Resize(f.Size)
		}
		e.hold()
	}
}

func area(r image.Rectangle) int { return r.Dx() * r.Dy() }

// overlaps says whether rect touches a film that it does not take in.
func (e *Encoder) overlaps(rect image.Rectangle, over []*film) bool {
	return slices.ContainsFunc(e.films, func(m *film) bool { return rect.Overlaps(m.blocks) && !slices.Contains(over, m) })
}

func (e *Encoder) freeSlot() int {
	for s := range MaxFilms {
		if !slices.ContainsFunc(e.films, func(m *film) bool { return m.slot == s }) {
			return s
		}
	}
	return 0
}
