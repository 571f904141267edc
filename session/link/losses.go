package link

import (
	"math"
	"time"
)

const (
	// leastTolerated is the share of packets whose loss is never a reason to slow down.
	leastTolerated = 0.06
	mostTolerated  = 0.5
	probePackets   = 80
	probeLongest   = 3 * time.Second
	probePause     = 2 * time.Second
)

// losses tells loss by congestion from loss by the medium where no queue shows it: the
// rate is lowered for a moment, and if as much is lost as before, the rate is not why.
type losses struct {
	got, lost  float64 // packets, fading over a second
	spilt      float64 // lost while there was a queue, fading too
	fadedAt    time.Duration
	lostNewest uint32  // newest packet lost
	tolerated  float64 // share of loss known to be the medium's

	probing            bool
	probeFrom          uint32 // first packet sent at the lowered rate
	probeEnd           time.Duration
	probeGot, probeNot float64
	before             float64 // rate before
	share              float64 // lost then
	nextProbe          time.Duration
}

func (l *losses) countArrived(n uint32) {
	l.got++
	if l.probing && !newer(l.probeFrom, n) {
		l.probeGot++
	}
}

func (l *losses) countLost(now time.Duration, n uint32, full bool) {
	fade := math.Exp(-(now - l.fadedAt).Seconds())
	l.got, l.lost, l.spilt, l.fadedAt = l.got*fade, l.lost*fade, l.spilt*fade, now
	if full {
		l.spilt++
	} else {
		l.lost++
	}
	if newer(n, l.lostNewest) {
		l.lostNewest = n
	}
	if l.probing && !newer(l.probeFrom, n) {
		l.probeNot++
	}
}

// countLate takes back that a packet was counted as lost.
func (l *losses) countLate(n uint32) {
	l.lost, l.got = max(0, l.lost-1), l.got+1
	if l.probing && !newer(l.probeFrom, n) {
		l.probeNot, l.probeGot = max(0, l.probeNot-1), l.probeGot+1
	}
}

// lossShare is the share lost of late without a queue, 0 while too little is known.
func (l *losses) lossShare() float64 {
	if l.got+l.lost+l.spilt < 30 {
		return 0
	}
	return l.lost / (l.got + l.lost + l.spilt)
}

// through is the part of what was sent that passed the bottleneck, as far as known: what
// the medium loses did pass it.
func (l *losses) through(q time.Duration) float64 {
	if q > 2*quiet {
		return 1 - (l.lost+l.spilt)/max(30, l.got+l.lost+l.spilt)
	}
	return 1 - max(0, l.lossShare()-l.tolerated)
}

// judgeLoss begins and ends trials.
func (s *Sender) judgeLoss(now time.Duration, q time.Duration) {
	l := &s.losses
	share := l.lossShare()
	if !l.probing {
		if share < l.tolerated/2 {
			l.tolerated = max(leastTolerated, l.tolerated*0.995)
		}
		if share > l.tolerated+0.02 && q < 2*quiet && now > l.nextProbe && !s.competes {
			l.probing, l.probeFrom, l.probeEnd = true, s.nextPkt, now+probeLongest
			l.probeGot, l.probeNot, l.share, l.before = 0, 0, share, s.bps
			s.bps = max(minRate, 0.6*s.bps)
		}
		return
	}
	n := l.probeGot + l.probeNot
	if n < probePackets && now < l.probeEnd {
		return
	}
	l.probing, l.nextProbe = false, now+probePause
	switch lostNow := l.probeNot / max(1, n); {
	case n < probePackets/2: // nothing learnt
		s.bps = l.before
	case lostNow > 0.6*l.share: // the medium's
		l.tolerated = min(mostTolerated, max(l.tolerated, 1.3*max(lostNow, l.share)+0.02))
		s.bps = l.before
		s.bw = max(s.bw, s.bps/1.1)
	default: // ours: what got through then is what there is
		s.bw = min(s.bw, (1-l.share)*l.before)
		s.bps = s.bw
	}
	l.got, l.lost = l.got*0.3, l.lost*0.3
}
