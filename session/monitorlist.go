package session

import (
	"cmp"
	"context"
	"image"
	"slices"
	"sync"

	"beside/capture"
	"beside/frame"
	"beside/session/wire"
)

// Monitor is one of the sharer's monitors as both people know it: a number and a place, no name.
type Monitor struct {
	N       int             // from 1; it stays the same while the session lives
	Bounds  image.Rectangle // on the sharer's desktop, in pixels
	Primary bool
}

// MonitorsNow says what monitors there are (sharer) or may be seen (helper), which the helper sees
// now, and to which the sharer limits the share; 0 is all in one canvas. With All the helper may ask
// for all.
type MonitorsNow struct {
	List        []Monitor
	Shown, Only int
	All         bool
}

func (MonitorsNow) event() {}

// monitorList knows which monitors there are, to which the person has limited the share, and which
// the helper wants to see. It is safe for concurrent use.
type monitorList struct {
	backend capture.Backend

	mu    sync.Mutex
	ids   [wire.MaxMonitors]string // by number less one; of a monitor that is gone until another needs it
	given [wire.MaxMonitors]bool   // the number has an id: an id may be ""
	list  []Monitor                // connected, by number
	only  int                      // the person's limit, 0: none
	wish  int                      // the helper's
}

// refresh looks which monitors there are and says whether that is news.
func (m *monitorList) refresh(ctx context.Context) (news bool, err error) {
	ds, err := m.backend.Displays(ctx)
	if err != nil {
		return false, err
	}
	slices.SortStableFunc(ds, func(a, b capture.Display) int {
		return cmp.Or(cmp.Compare(a.Bounds.Min.X, b.Bounds.Min.X), cmp.Compare(a.Bounds.Min.Y, b.Bounds.Min.Y))
	})
	m.mu.Lock()
	defer m.mu.Unlock()
	there := map[string]bool{}
	for _, d := range ds {
		there[d.ID] = true
	}
	var list []Monitor
	for _, d := range ds {
		if n := m.number(d.ID, there); n > 0 && frame.ValidSize(d.Bounds.Size()) {
			list = append(list, Monitor{N: n, Bounds: d.Bounds, Primary: d.Primary})
		}
	}
	slices.SortFunc(list, func(a, b Monitor) int { return cmp.Compare(a.N, b.N) })
	news = !slices.Equal(list, m.list)
	m.list = list
	return news, nil
}

// number is the number of an id, a new one if it has none; 0 if there is none left. The number of
// the monitor to which the share is limited is never given to another one.
func (m *monitorList) number(id string, there map[string]bool) int {
	for i := range m.ids {
		if m.given[i] && m.ids[i] == id {
			return i + 1
		}
	}
	for _, fresh := range []bool{true, false} { // first those nobody had
		for i := range m.ids {
			if fresh != m.given[i] && (fresh || !there[m.ids[i]] && m.only != i+1) {
				m.ids[i], m.given[i] = id, true
				return i + 1
			}
		}
	}
	return 0
}

// connected are the monitors there are.
func (m *monitorList) connected() []Monitor {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.list)
}

// has says whether a monitor of that number is connected.
func (m *monitorList) has(n int) bool {
	return slices.ContainsFunc(m.list, func(d Monitor) bool { return d.N == n })
}

// widens says whether limiting to only shows something that the limit now hides.
func (m *monitorList) widens(only int) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.only != 0 && m.only != only
}

// limited says whether the person shares one monitor only.
func (m *monitorList) limited() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.only != 0
}

// limit sets the person's limit, and says whether it is another one. What is not connected cannot
// be chosen.
func (m *monitorList) limit(only int) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if only == m.only || only != 0 && !m.has(only) {
		return false
	}
	m.only, m.wish = only, 0
	return true
}

// choose is the helper's wish, and says whether it may be.
func (m *monitorList) choose(n int) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.only != 0 && n != m.only || n != 0 && !m.has(n) {
		return false
	}
	m.wish = n
	return true
}

// target is what to capture: the backend's id and our number, 0 and "" for all. It is not ok while the
// only one that may be seen is not connected.
func (m *monitorList) target() (id string, n int, ok bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	n = m.shown()
	switch {
	case n == 0:
		return "", 0, true
	case !m.has(n):
		return "", 0, false
	}
	return m.ids[n-1], n, true
}

func (m *monitorList) shown() int {
	switch {
	case m.only != 0:
		return m.only
	case m.has(m.wish):
		return m.wish
	}
	return 0
}

// now is what the sharer is told.
func (m *monitorList) now() MonitorsNow {
	m.mu.Lock()
	defer m.mu.Unlock()
	return MonitorsNow{List: slices.Clone(m.list), Shown: m.shown(), Only: m.only, All: m.only == 0}
}

// offer is what the helper is told: of a limited share nothing but that monitor.
func (m *monitorList) offer() wire.Monitors {
	m.mu.Lock()
	defer m.mu.Unlock()
	w := wire.Monitors{All: m.only == 0}
	for _, d := range m.list {
		if m.only != 0 && d.N != m.only {
			continue
		}
		w.List = append(w.List, wire.Monitor{N: uint8(d.N), Bounds: d.Bounds, Primary: d.Primary}) //nolint:gosec // at most MaxMonitors
	}
	if n := m.shown(); m.has(n) {
		w.Shown = uint8(n) //nolint:gosec // as above
	}
	return w
}
