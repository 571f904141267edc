package picture

import (
	"slices"
	"time"
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
	message, id uint32
	at          time.Duration
	data        []byte
}

// hold keeps a copy of an update; the oldest make room for it.
func (e *early) hold(message, id uint32, data []byte, now time.Duration) {
	if len(data) > earlyBytes || slices.ContainsFunc(e.list, func(o earlyOne) bool { return o.message == message }) {
		return
	}
	for len(e.list) >= earlyMost || e.bytes+len(data) > earlyBytes {
		e.drop(0)
	}
	e.list = append(e.list, earlyOne{message, id, now, slices.Clone(data)})
	e.bytes += len(data)
}

func (e *early) drop(i int) {
	e.bytes -= len(e.list[i].data)
	e.list = slices.Delete(e.list, i, i+1)
}

// retry offers what is held, lowest id first, until nothing more is taken.
func (e *early) retry(now time.Duration, take func(o earlyOne) (done bool)) {
	for i := 0; i < len(e.list); {
		if now-e.list[i].at > earlyFor {
			e.drop(i)
			continue
		}
		i++
	}
	slices.SortStableFunc(e.list, func(a, b earlyOne) int { return int(int32(a.id - b.id)) })
	for i := 0; i < len(e.list); {
		if o := e.list[i]; take(o) {
			e.drop(i)
			i = 0
			continue
		}
		i++
	}
}
