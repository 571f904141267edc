package sessiontest

import (
	"sync/atomic"

	"beside/session"
)

// PairCut returns both ends of a link over which nothing passes while cut is true.
func PairCut(cut *atomic.Bool) (sharer, helper session.Link) {
	s, h := Pair()
	return cutLink{s, cut}, cutLink{h, cut}
}

type cutLink struct {
	session.Link
	cut *atomic.Bool
}

func (l cutLink) Send(ch session.Channel, b []byte) error {
	if l.cut.Load() {
		return nil
	}
	return l.Link.Send(ch, b)
}

func (l cutLink) WritePacket(b []byte) error {
	if l.cut.Load() {
		return nil
	}
	return l.Link.WritePacket(b)
}

func (l cutLink) WriteAck(b []byte) error {
	if l.cut.Load() {
		return nil
	}
	return l.Link.WriteAck(b)
}
