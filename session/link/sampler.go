package link

import "time"

const (
	sampleLeast   = 8 * time.Millisecond
	sampleMost    = 100 * time.Millisecond
	samplePackets = 8
)

// sampler measures what gets through while the pacer alone held packets back. Packets
// that left without a pause between them share a train.
type sampler struct {
	train    uint32
	anchored bool
	from     uint32        // packet number the sample begins after
	fromSent time.Duration // when that was sent
	fromAt   uint32        // when it arrived, receiver's clock in µs
	lastSent time.Duration
	last     uint32 // newest acknowledged packet of the train
	lastAt   uint32
}

// dry says that nothing more was there to be sent: the train ends.
func (r *sampler) dry() { r.train++ }

// measure takes in that the newest packet so far arrived at that time of the receiver's
// clock, and steers when that makes a sample.
func (s *Sender) measure(now time.Duration, arrival uint32) {
	r := &s.sampler
	top := &s.ring[s.largest%ringSize]
	if r.anchored && s.ring[r.from%ringSize].number == r.from && s.ring[r.from%ringSize].train == top.train {
		r.last, r.lastAt, r.lastSent = s.largest, arrival, top.at
		if top.at-r.fromSent < min(max(s.srtt, sampleLeast), sampleMost) || r.last-r.from < samplePackets {
			return
		}
		s.takeSample(now)
	} else if r.anchored {
		s.takeSample(now)
	}
	r.anchored, r.from, r.fromSent, r.fromAt = true, s.largest, top.at, arrival
	r.last, r.lastAt, r.lastSent = r.from, r.fromAt, r.fromSent
}

// takeSample uses what was gathered if it is enough to mean something.
func (s *Sender) takeSample(now time.Duration) {
	r := &s.sampler
	took := max(r.lastSent-r.fromSent, time.Duration(int32(r.lastAt-r.fromAt))*time.Microsecond)
	n := r.last - r.from
	if n < samplePackets || n >= ringSize || took < sampleLeast*3/4 {
		return
	}
	size := 0
	for i := r.from + 1; !newer(i, r.last); i++ {
		size += s.ring[i%ringSize].size
	}
	q := s.queueLow
	if !s.queueSeen {
		q = s.queue
	}
	s.queueSeen = false
	s.steer(now, float64(size)*8/took.Seconds()*s.through(q), q)
	s.judgeLoss(now, q)
}
