package link

import (
	"math"
	"time"
)

// Rates in bits a second.
const (
	minRate    = 300e3
	maxRate    = 500e6
	startRate  = 3e6   // nothing known
	nearRate   = 20e6  // round trip below 5 ms
	localRate  = 200e6 // below 1.5 ms
	localRTT   = 1500 * time.Microsecond
	owdHorizon = 5 * time.Second // the least delay is remembered for one to two of these
)

// rate is the Sender's rate control: the delay in queues decides, random loss does not,
// heavy loss and silence do.
type rate struct {
	bps      float64
	starting bool
	tokens   float64 // bytes that may leave now
	filledAt time.Duration

	limited             bool // the pacer had more to send than the rate allowed
	adjusted, cutAt     time.Duration
	arrivedN, lostN     float64 // packets, since the last adjustment
	arrivedB            float64 // bytes, since the last adjustment
	recentGot, recentNo float64 // packets, fading over a second

	owdBegun       bool
	owdNow, owdOld int32 // least one-way delay (µs, clock offset included) of two horizons
	owdTurn        time.Duration
	queue          time.Duration // least queueing delay since the last adjustment
	queueSeen      bool
}

func (r *rate) startRate(now, rtt time.Duration) {
	r.bps, r.starting, r.filledAt, r.adjusted, r.tokens = startRate, true, now, now, 4096
	r.cutAt = now - time.Hour
	if rtt > 0 {
		r.raiseFor(rtt)
	}
}

func (r *rate) restartRate(now time.Duration) {
	r.bps, r.adjusted = min(r.bps, startRate), now
	r.starting, r.owdBegun = true, false
	r.arrivedN, r.lostN, r.arrivedB, r.recentGot, r.recentNo = 0, 0, 0, 0, 0
}

func (r *rate) raiseFor(rtt time.Duration) {
	switch {
	case !r.starting:
	case rtt < localRTT:
		r.bps = max(r.bps, localRate)
	case rtt < nearby:
		r.bps = max(r.bps, nearRate)
	}
}

func (r *rate) depth() float64 { return max(4096, r.bps/8*0.004) }

func (r *rate) refill(now time.Duration) {
	if now > r.filledAt {
		r.tokens = min(r.depth(), r.tokens+r.bps/8*(now-r.filledAt).Seconds())
		r.filledAt = now
	}
}

// mayRepair lets repairs run ahead of the pacer, but not without end.
func (r *rate) mayRepair() bool { return r.tokens > -max(16_000, 2*r.depth()) }

// affordable is when the pacer lets the next packet go.
func (r *rate) affordable(now time.Duration, already bool) time.Duration {
	if already {
		return now
	}
	missing := max(0, -r.tokens)
	if missing > 16_000 {
		missing = min(missing, 16_000) // repairs wait less; asking early is harmless
	}
	return now + max(500*time.Microsecond, time.Duration(missing*8/r.bps*float64(time.Second)))
}

func (s *Sender) window() int {
	rtt := s.minRTT
	if rtt == 0 {
		rtt = s.rtt()
	}
	return min(int(s.bps/8*(rtt+60*time.Millisecond).Seconds())+12_000, (ringSize-64)*MaxPacket)
}

func (r *rate) countArrived(size int) {
	r.arrivedN++
	r.arrivedB += float64(size)
}

func (r *rate) countLost() { r.lostN++ }

// delaySample takes one one-way delay in µs; only differences between them mean anything.
func (r *rate) delaySample(now time.Duration, owd int32) {
	if !r.owdBegun {
		r.owdBegun, r.owdNow, r.owdOld, r.owdTurn = true, owd, owd, now
	}
	if now-r.owdTurn > owdHorizon {
		r.owdOld, r.owdNow, r.owdTurn = r.owdNow, owd, now
	}
	if owd-r.owdNow < 0 {
		r.owdNow = owd
	}
	least := r.owdNow
	if r.owdOld-least < 0 {
		least = r.owdOld
	}
	q := time.Duration(owd-least) * time.Microsecond
	if !r.queueSeen || q < r.queue {
		r.queue, r.queueSeen = q, true
	}
}

// adjust changes the rate at most once a round trip.
func (s *Sender) adjust(now time.Duration) {
	r := &s.rate
	dt := now - r.adjusted
	if dt < max(s.srtt, 10*time.Millisecond) {
		return
	}
	fade := math.Exp(-dt.Seconds())
	r.recentGot = r.recentGot*fade + r.arrivedN
	r.recentNo = r.recentNo*fade + r.lostN
	total := r.recentGot + r.recentNo
	delivered := r.arrivedB * 8 / dt.Seconds()
	q := r.queue
	switch {
	case total > 20 && r.recentNo > 0.1*total && now-r.cutAt > time.Second:
		r.bps, r.cutAt, r.starting = max(r.bps/2, min(r.bps, 0.9*delivered)), now, false
	case r.queueSeen && q > 25*time.Millisecond && r.starting:
		// The start overshot: what arrives is what the path carries.
		r.bps, r.cutAt, r.starting = min(r.bps, 0.8*delivered), now, false
	case r.queueSeen && q > 60*time.Millisecond:
		if now-r.cutAt > s.srtt+q {
			r.bps, r.cutAt = min(0.9*r.bps, max(0.6*r.bps, 0.8*delivered)), now
		}
	case r.queueSeen && q > 25*time.Millisecond:
		r.bps *= 0.93
	case r.limited && r.queueSeen && q < 10*time.Millisecond && r.recentNo <= 0.1*total:
		// Growing needs proof that the present rate gets through.
		switch through := delivered > 0.6*r.bps; {
		case r.starting && through:
			r.bps *= 2
		case r.starting:
			r.bps *= 1.1
		default:
			r.bps *= 1.04
		}
	}
	r.bps = min(max(r.bps, minRate), maxRate)
	r.adjusted, r.limited, r.queueSeen = now, false, false
	r.arrivedN, r.lostN, r.arrivedB = 0, 0, 0
}

// SenderStats describe the path as the Sender sees it.
type SenderStats struct {
	Packets, Bytes uint64  // sent in all
	Loss           float64 // of recent packets, 0..1
	RTT            time.Duration
	Rate           float64 // bits a second
	InFlight       int     // bytes
	Stalled        bool
}

// Stats are the figures now.
func (s *Sender) Stats() SenderStats {
	return SenderStats{
		Packets: s.packets, Bytes: s.bytes, Loss: s.lossEWMA, RTT: s.srtt,
		Rate: s.bps, InFlight: s.inFlight, Stalled: s.stalled,
	}
}
