package session

import (
	"image"
	"sync"

	"beside/frame"
)

// shown is what a mask asks of input.Windows, where the platform can tell: Beside's own windows
// by an id of theirs, with where they are in desktop pixels.
type shown interface {
	Shown() (map[uint32]image.Rectangle, error)
}

// mask keeps the windows in which the person is asked something out of the picture: a helper who
// sees a real question could put up one that looks like it. What was on the screen before the
// question stays in the picture. The zero mask covers nothing; it is safe for concurrent use.
type mask struct {
	own shown // nil where the platform cannot tell

	mu     sync.Mutex
	asking bool
	before map[uint32]bool
	hidden map[uint32]bool // still there, also after the answer
	broken bool            // where they are cannot be told: nothing of the picture may go out
}

// begin comes before the question is shown.
func (m *mask) begin() {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.own == nil || m.asking {
		return
	}
	m.asking, m.before, m.hidden = true, map[uint32]bool{}, map[uint32]bool{}
	all, err := m.own.Shown()
	m.broken = err != nil
	for id := range all {
		m.before[id] = true
	}
}

// end comes when it is answered or withdrawn; its windows are covered until they are gone.
func (m *mask) end() {
	m.mu.Lock()
	m.asking = false
	m.mu.Unlock()
}

// cover paints over f what must not be seen in it.
func (m *mask) cover(f *frame.Frame) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.own == nil || !m.asking && len(m.hidden) == 0 && !m.broken {
		return
	}
	all, err := m.own.Shown()
	if m.broken = err != nil; m.broken {
		grey(f, f.Bounds())
		f.Damage.Add(f.Bounds())
		return
	}
	for id := range m.hidden {
		if _, there := all[id]; !there {
			delete(m.hidden, id)
		}
	}
	for id, r := range all {
		if m.before[id] || !m.asking && !m.hidden[id] {
			continue
		}
		r = r.Sub(f.Origin).Intersect(f.Bounds())
		grey(f, r)
		if !m.hidden[id] {
			m.hidden[id] = true
			f.Damage.Add(r)
		}
	}
}

// maskGrey is what stands in place of a question.
const maskGrey = 0x80

func grey(f *frame.Frame, r image.Rectangle) {
	for y := r.Min.Y; y < r.Max.Y; y++ {
		row := f.Pix[y*f.Stride+4*r.Min.X : y*f.Stride+4*r.Max.X]
		for i := range row {
			row[i] = maskGrey
		}
	}
}
