package picture

import (
	"slices"

	"beside/session/link"
)

const (
	maxEarly      = 32
	maxEarlyBytes = 4 << 20
)

// early keeps updates that came before what they build on, oldest first. It is bounded:
// what falls out counts as not received.
type early struct {
	list  []link.Message
	bytes int
}

// keep puts a copy of m by.
func (e *early) keep(m link.Message) {
	if slices.ContainsFunc(e.list, func(o link.Message) bool { return o.ID == m.ID }) {
		return
	}
	m.Data = append([]byte(nil), m.Data...)
	e.list = append(e.list, m)
	e.bytes += len(m.Data)
	for len(e.list) > maxEarly || e.bytes > maxEarlyBytes {
		e.bytes -= len(e.list[0].Data)
		e.list = slices.Delete(e.list, 0, 1)
	}
}

// take empties e.
func (e *early) take() []link.Message {
	list := e.list
	e.list, e.bytes = nil, 0
	return list
}
