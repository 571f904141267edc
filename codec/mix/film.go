package mix

import (
	"bytes"
	"fmt"
	"image"
	"slices"
	"time"

	"beside/codec/screen"
	"beside/codec/vpx"
	"beside/frame"
)

const (
	// still is how long a film stands still before it ends; slow films are given
	// stillFrames of their frames, but no more than stillMost.
	still       = 150 * time.Millisecond
	stillMost   = 400 * time.Millisecond
	stillFrames = 3
	// A player draws a picture in several strokes: a frame is made when nothing was drawn
	// for calm, or patience after the first stroke, and no sooner than pace after the last.
	calm     = 5 * time.Millisecond
	patience = 20 * time.Millisecond
	pace     = 15 * time.Millisecond
	// lively is the share of its blocks, one in so many, that must change for a frame
	// to count as movement.
	lively = 8
	// keepEvery is how many frames Golden is old before another is kept.
	keepEvery = 20
	// maxOpen bounds the frames of a film whose fate is open.
	maxOpen = 256
	// giveUp is how many frames in a row that need nothing, or nearly, may get lost: the
	// other side then cannot show them.
	giveUp = 5
	// bitsPixel bounds a film's rate, at thirty frames a second of so many bits a pixel.
	bitsPixel = 0.35
)

// film is one rectangle that moves, on the sharer's side.
type film struct {
	enc    *vpx.Encoder
	slot   int
	blocks image.Rectangle // in blocks
	rect   image.Rectangle // in pixels
	src    []byte          // the pixels last encoded, row after row
	marked bool            // something may have changed since
	fresh  int             // blocks that changed and are in no frame yet

	firstMark, lastMark time.Duration // of those that are marked

	begun        bool
	opened, last uint32 // ids of the first and the newest frame
	chain        uint32 // the newest that is not predicted from Last
	kept         uint32 // the one that is Golden
	keptAge      int    // frames since
	golden       bool   // and the decoder is known to have it
	lost         bool   // Last cannot be relied upon
	failed       int    // frames meant to mend that, lost in a row
	open         []uint32

	at, livelyAt time.Duration // of the newest frame, of the last movement
	every        time.Duration // between frames, smoothed
}

// newFilm opens a film of these blocks.
func newFilm(slot int, blocks, rect image.Rectangle, rate int, now time.Duration) (*film, error) {
	enc, err := vpx.NewEncoder(vpx.Options{Size: rect.Size(), Rate: rate})
	if err != nil {
		return nil, fmt.Errorf("mix: %w", err)
	}
	return &film{
		enc: enc, slot: slot, blocks: blocks, rect: rect, marked: true, firstMark: now, lastMark: now, src: make([]byte, 4*rect.Dx()*rect.Dy()),
		at: now, livelyAt: now, every: time.Second / 30,
	}, nil
}

// end is when the film is over if nothing moves any more.
func (m *film) end() time.Duration {
	return m.livelyAt + min(max(still, stillFrames*m.every), stillMost)
}

// take copies what changed and says how many blocks did.
func (m *film) take(f *frame.Frame) int {
	changed, w := 0, 4*m.rect.Dx()
	for y := 0; y < m.rect.Dy(); y += screen.Block {
		rows := min(screen.Block, m.rect.Dy()-y)
		for x := 0; x < w; x += 4 * screen.Block {
			n, differs := min(4*screen.Block, w-x), false
			for r := y; r < y+rows; r++ {
				now := f.Pix[(m.rect.Min.Y+r)*f.Stride+4*m.rect.Min.X+x:][:n]
				was := m.src[r*w+x:][:n]
				if differs || !bytes.Equal(now, was) {
					differs = true
					copy(was, now)
				}
			}
			if differs {
				changed++
			}
		}
	}
	return changed
}

// look takes note of what moved.
func (m *film) look(f *frame.Frame, now time.Duration) {
	if !m.marked {
		return
	}
	m.marked = false
	n := m.take(f)
	m.fresh += n
	if lively*n >= m.blocks.Dx()*m.blocks.Dy() {
		if d := now - m.livelyAt; d < stillMost {
			m.every += (d - m.every) / 8
		}
		m.livelyAt = now
	}
}

// mark says that something may have changed.
func (m *film) mark(now time.Duration) {
	if !m.marked {
		m.marked, m.firstMark = true, now
	}
	m.lastMark = now
}

// due is when there may be a frame to make; false if there is none.
func (m *film) due() (time.Duration, bool) {
	switch {
	case m.lost || !m.begun:
		return m.at, true
	case m.marked:
		return max(min(m.lastMark+calm, m.firstMark+patience), m.at+pace), true
	}
	return m.at + pace, m.fresh > 0
}

// ready says whether that time has come.
func (m *film) ready(now time.Duration) bool {
	at, ok := m.due()
	return ok && now >= at
}

// encode makes the next frame, if there is one. The header is complete but for what only
// the update's id can tell.
func (m *film) encode(f *frame.Frame, now time.Duration) (data []byte, h head, err error) {
	if m.look(f, now); m.fresh == 0 && !m.lost && m.begun {
		return nil, head{}, nil
	}
	m.fresh = 0
	p := vpx.Picture{From: vpx.Last, After: max(now-m.at, 1)}
	switch {
	case !m.begun || m.lost && !m.golden:
		p.From, h.flags = vpx.Key, flagKey
	case m.lost:
		p.From, h.flags, h.base = vpx.Golden, flagGolden, m.kept
	default:
		h.base = m.last
		if m.golden && m.keptAge >= keepEvery {
			p.Keep, h.flags = true, flagKeep
		}
	}
	data, err = m.enc.Encode(f, m.rect.Min, p)
	if err != nil {
		return nil, head{}, fmt.Errorf("mix: %w", err)
	}
	m.at = now
	h.slot, h.rect, h.opened = m.slot, m.rect, m.opened
	return data, h, nil
}

// commit takes note that the frame h has become update h.id.
func (m *film) commit(h head) {
	if !m.begun {
		m.begun, m.opened = true, h.id
	}
	m.keptAge++
	if h.flags&(flagKey|flagKeep) != 0 {
		m.kept, m.keptAge, m.golden = h.id, 0, false
	}
	if h.flags&(flagKey|flagGolden) != 0 {
		m.chain, m.lost = h.id, false
	}
	m.last = h.id
	if len(m.open) >= maxOpen {
		m.settle(m.open[0], false)
	}
	m.open = append(m.open, h.id)
}

// settle takes note of what became of a frame.
func (m *film) settle(id uint32, done bool) {
	i := slices.Index(m.open, id)
	if i < 0 {
		return
	}
	m.open = slices.Delete(m.open, i, i+1)
	switch {
	case done:
		m.failed = 0
		m.golden = m.golden || id == m.kept
	case !newer(m.chain, id):
		m.lost = true // everything since is predicted from it
		if id == m.chain {
			m.golden = false
			m.failed++
		}
	}
}

// live is the worth of repairing one of the film's frames; false if id is none.
func (m *film) live(id uint32) (float64, bool) {
	if !slices.Contains(m.open, id) {
		return 0, false
	}
	if m.lost || newer(m.chain, id) {
		return 0, true
	}
	return 1, true
}
