package picture

import (
	"slices"
	"time"

	"beside/session/link"
)

const (
	// earlyMost and earlyBytes bound the messages that wait for one before them.
	earlyMost  = 16
	earlyBytes = 4 << 20
	// earlyFor is how long one waits; the sharer has given it up by then.
	earlyFor = 400 * time.Millisecond
)

// early holds the updates that build on something that is still on its way.
type early struct {
	list  []earlyOne // as they arrived
	bytes int
}

type earlyOne struct {
	link.Message
	id uint32 // of the update
	at time.Duration
}

// hold keeps an update, whose data nobody touches meanwhile. It returns those that had to
// make room, or the update itself if it is too large.
func (e *early) hold(m link.Message, id uint32, now time.Duration) (out []link.Message) {
	if len(m.Data) > earlyBytes {
		return []link.Message{m}
	}
	for len(e.list) >= earlyMost || e.bytes+len(m.Data) > earlyBytes {
		out = append(out, e.drop(0))
	}
	e.list = append(e.list, earlyOne{m, id, now})
	e.bytes += len(m.Data)
	return out
}

func (e *early) drop(i int) link.Message {
	m := e.list[i].Message
	e.bytes -= len(m.Data)
	e.list = slices.Delete(e.list, i, i+1)
	return m
}

// expired takes out what has waited too long.
func (e *early) expired(now time.Duration) (out []link.Message) {
	for len(e.list) > 0 && now-e.list[0].at >= earlyFor {
		out = append(out, e.drop(0))
	}
	return out
}

// due is when the oldest has waited too long.
func (e *early) due() (time.Duration, bool) {
	if len(e.list) == 0 {
		return 0, false
	}
	return e.list[0].at + earlyFor, true
}

// retry offers what is held, lowest id first, until nothing more is taken.
func (e *early) retry(take func(o earlyOne) (settled bool)) {
	byID := slices.Clone(e.list)
	slices.SortStableFunc(byID, func(a, b earlyOne) int { return int(int32(a.id - b.id)) })
	for again := true; again; {
		again = false
		byID = slices.DeleteFunc(byID, func(o earlyOne) bool {
			if !take(o) {
				return false
			}
			again = true
			e.drop(slices.IndexFunc(e.list, func(p earlyOne) bool { return p.ID == o.ID }))
			return true
		})
	}
}
