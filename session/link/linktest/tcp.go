package linktest

import (
	"math"
	"time"
)

// tcpPacket is the size of a TCP segment on the wire.
const tcpPacket = 1250

// TCP is a download in the same bottleneck: NewReno with selective acknowledgements, or
// Cubic (RFC 9438).
type TCP struct {
	Got uint64 // bytes that arrived

	p          *Path
	cubic      bool
	end        time.Duration
	cwnd, ssth float64 // packets
	next       int
	flight     map[int]time.Duration // when it was sent
	acked      int                   // highest
	recover    int
	srtt       time.Duration
	wmax       float64
	cutAt      time.Duration
	heard      time.Duration
}

// AddTCP starts a download that ends at time end.
func (p *Path) AddTCP(cubic bool, end time.Duration) *TCP {
	f := &TCP{p: p, cubic: cubic, end: end, cwnd: 10, ssth: math.Inf(1), flight: map[int]time.Duration{}, acked: -1, heard: p.Now}
	p.flows = append(p.flows, f)
	f.fill()
	p.Every(50*time.Millisecond, end, f.timeout)
	return f
}

func (f *TCP) fill() {
	for float64(len(f.flight)) < f.cwnd && f.p.Now < f.end {
		n := f.next
		f.next++
		f.flight[n] = f.p.Now
		f.p.carry(0, tcpPacket, func() {
			f.Got += tcpPacket
			f.p.carry(1, 60, func() { f.ack(n) })
		})
	}
}

func (f *TCP) ack(n int) {
	sent, ok := f.flight[n]
	if !ok {
		return
	}
	now := f.p.Now
	delete(f.flight, n)
	f.heard, f.acked = now, max(f.acked, n)
	if rtt := now - sent; f.srtt == 0 {
		f.srtt = rtt
	} else {
		f.srtt += (rtt - f.srtt) / 8
	}
	for m := range f.flight {
		if m+3 <= f.acked { // lost; what is sent next stands for it
			delete(f.flight, m)
			if m >= f.recover {
				f.cut()
			}
		}
	}
	switch {
	case n < f.recover: // in recovery
	case f.cwnd < f.ssth:
		f.cwnd++
	default:
		f.cwnd += f.growth()
	}
	f.fill()
}

func (f *TCP) growth() float64 {
	reno := 1 / f.cwnd
	if !f.cubic {
		return reno
	}
	k := math.Cbrt(f.wmax * 0.3 / 0.4)
	t := (f.p.Now - f.cutAt + f.srtt).Seconds() - k
	return max(reno*0.53, min((0.4*t*t*t+f.wmax-f.cwnd)/f.cwnd, 0.5))
}

func (f *TCP) cut() {
	f.recover, f.wmax, f.cutAt = f.next, f.cwnd, f.p.Now
	beta := 0.5
	if f.cubic {
		beta = 0.7
	}
	f.ssth = max(2, f.cwnd*beta)
	f.cwnd = f.ssth
}

func (f *TCP) timeout() {
	if f.p.Now-f.heard > max(time.Second, 2*f.srtt) {
		clear(f.flight)
		f.cut()
		f.cwnd, f.heard = 1, f.p.Now
	}
	f.fill()
}
