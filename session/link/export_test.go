package link

// InFlight is how much of what was sent is open.
func (s *Sender) InFlight() (bytes, messages int) { return s.inFlight, len(s.msgs) }

// StartAt sets the serial numbers before anything is sent.
func (s *Sender) StartAt(packet, message uint32) {
	s.nextPkt, s.tail, s.nextMsg = packet, packet, message
}

// Held is what the Receiver keeps.
func (r *Receiver) Kept() (bytes, messages int) {
	return r.buffered, len(r.partials) + len(r.ready) + len(r.lent)
}
