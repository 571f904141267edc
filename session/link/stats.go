package link

import "time"

// SenderStats describe the path as the Sender sees it.
type SenderStats struct {
	Packets, Bytes uint64        // sent in all
	Loss           float64       // of recent packets, 0..1
	RTT            time.Duration // smoothed, 0 before the first
	Queue          time.Duration // delay beyond the path's least, lately
	Rate           float64       // bits a second
	InFlight       int           // bytes
	Stalled        bool
}

// Stats are the figures now.
func (s *Sender) Stats() SenderStats {
	return SenderStats{
		Packets: s.packets, Bytes: s.bytes, Loss: s.lossEWMA, RTT: s.srtt, Queue: s.queue,
		Rate: s.bps, InFlight: s.inFlight, Stalled: s.stalled,
	}
}
