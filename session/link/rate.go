package link

import "time"

// Rates in bits a second.
const (
	minRate   = 150e3
	maxRate   = 500e6
	startRate = 3e6   // nothing known
	nearRate  = 20e6  // round trip below 5 ms
	localRate = 200e6 // below 1.5 ms
	localRTT  = 1500 * time.Microsecond
	wireExtra = 56 // bytes of RTP, SRTP, UDP and IP around a packet
	depthTime = 4 * time.Millisecond
)

// rate is the Sender's pacer, and the rate control that feeds it; see doc.go.
type rate struct {
	bps      float64 // what the pacer lets go
	tokens   float64 // bytes that may leave now
	filledAt time.Duration

	bw       float64 // what the path is believed to carry
	starting bool
	flat     int // samples in a row at the start that brought nothing more
	swelling int // acknowledgements in a row at the start that told of a queue

	delay
	sampler
	losses
	rivalry
}

func (r *rate) startRate(now, rtt time.Duration, known float64) {
	r.bw, r.starting, r.filledAt, r.tokens = startRate, true, now, 4096
	if known > 0 {
		r.bw = min(max(known, minRate), maxRate)
	}
	r.bps = r.bw
	r.tolerated = leastTolerated
	if rtt > 0 {
		r.raiseFor(rtt)
	}
}

// restartRate begins anew after silence: it may be another path.
func (r *rate) restartRate(now time.Duration) {
	r.bw = min(r.bw, startRate)
	r.bps, r.starting, r.flat, r.swelling = r.bw, true, 0, 0
	r.delay, r.sampler, r.rivalry = delay{}, sampler{train: r.train + 1}, rivalry{}
	r.losses = losses{tolerated: r.tolerated}
}

func (r *rate) raiseFor(rtt time.Duration) {
	switch {
	case !r.starting:
		return
	case rtt < localRTT:
		r.bw = max(r.bw, localRate)
	case rtt < nearby:
		r.bw = max(r.bw, nearRate)
	}
	r.bps = max(r.bps, r.bw)
}

func (r *rate) depth() float64 { return max(4096, r.bps/8*depthTime.Seconds()) }

func (r *rate) refill(now time.Duration) {
	if now > r.filledAt {
		r.tokens = min(r.depth(), r.tokens+r.bps/8*(now-r.filledAt).Seconds())
		r.filledAt = now
	}
}

// mayRepair lets repairs run ahead of the pacer, but not without end.
func (r *rate) mayRepair() bool { return r.tokens > -max(4_000, r.depth()) }

// affordable is when the pacer lets the next packet go.
func (r *rate) affordable(now time.Duration, already bool) time.Duration {
	if already {
		return now
	}
	missing := max(0, -r.tokens)
	if missing > 16_000 {
		missing = 16_000 // repairs wait less; asking early is harmless
	}
	return now + max(500*time.Microsecond, time.Duration(missing*8/r.bps*float64(time.Second)))
}

func (s *Sender) window() int {
	rtt := s.leastRTT()
	if s.competes || s.pressed {
		rtt = max(rtt, s.srtt)
	}
	return min(int(s.bps/8*(rtt+60*time.Millisecond).Seconds())+12_000, (ringSize-64)*MaxPacket)
}

// steer sets the rate after a sample of what got through, in bits a second, and the least
// queueing delay meanwhile.
func (s *Sender) steer(now time.Duration, got float64, q time.Duration) {
	r := &s.rate
	if q < quiet {
		if r.starting {
			r.flat++
			if got > 1.2*r.bw {
				r.flat = 0
			}
		}
		r.bw = max(r.bw, got)
	} else if got < r.bw {
		if r.bw += (got - r.bw) * 0.5; q > 30*time.Millisecond {
			r.bw = got
		}
	}
	if r.starting && (q > 10*time.Millisecond || r.flat > 3 || r.probing) {
		r.starting = false
		if q > 10*time.Millisecond {
			r.bw = min(r.bw, got)
		}
	}
	switch {
	case s.contend(now, got, q): // beside another flow that fills the queue
	case r.starting:
		r.bps = 2 * r.bw
	default:
		r.bps = gain(q) * r.bw
		if r.anchor > 0 {
			r.bps = max(r.bps, anchored*r.anchor)
		}
	}
	if r.probing {
		r.bps = min(r.bps, 0.6*r.before)
	}
	r.bw = min(max(r.bw, minRate), maxRate)
	r.bps = min(max(r.bps, minRate), maxRate)
}

// holdStart ends the start as soon as a queue is seen, before a sample says how much is
// too much.
func (r *rate) holdStart() {
	if !r.starting {
		return
	}
	if r.queue < 20*time.Millisecond {
		r.swelling = 0
		return
	}
	if r.swelling++; r.swelling >= 3 {
		r.starting, r.bps = false, min(r.bps, r.bw)
	}
}

// gain is how the rate stands to what the path carries, by the queue there is.
func gain(q time.Duration) float64 {
	points := []struct {
		q time.Duration
		g float64
	}{
		{2 * time.Millisecond, 1.08},
		{4 * time.Millisecond, 1.00},
		{quiet, 0.92},
		{30 * time.Millisecond, 0.85},
		{60 * time.Millisecond, 0.70},
	}
	o := points[0]
	for _, p := range points {
		if q <= p.q && p.q > o.q {
			return o.g + (p.g-o.g)*float64(max(q, o.q)-o.q)/float64(p.q-o.q)
		}
		o = p
	}
	return o.g
}
