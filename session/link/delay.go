package link

import "time"

const (
	// quiet is the queueing delay up to which the path is not full.
	quiet = 12 * time.Millisecond
	// drift is how fast the least delay is allowed to have grown, in parts per million:
	// more than two clocks part.
	drift = 300
)

// delay knows the queueing delay: one-way delays less the least there was. The clocks of
// both ends have nothing in common but their pace, and that only nearly.
type delay struct {
	begun     bool
	base      int32 // least one-way delay in µs, clock offset included
	baseAt    time.Duration
	queue     time.Duration // the last there was
	queueLow  time.Duration // least since the last sample
	queueSeen bool
}

// delaySample takes one one-way delay in µs; only differences between them mean anything.
func (d *delay) delaySample(now time.Duration, owd int32) {
	if grown := (now - d.baseAt).Microseconds() * drift / 1e6; grown > 0 {
		// After a long silence anything may be the least.
		if grown > int64(time.Second.Microseconds()) {
			d.begun = false
		}
		d.base += int32(grown)
		d.baseAt = now
	}
	if !d.begun || owd-d.base < 0 {
		d.begun, d.base, d.baseAt = true, owd, now
	}
	d.queue = time.Duration(owd-d.base) * time.Microsecond
	if !d.queueSeen || d.queue < d.queueLow {
		d.queueLow, d.queueSeen = d.queue, true
	}
}

// rebase says that a delay of that much more is the path's own.
func (d *delay) rebase(by time.Duration) {
	d.base += int32(by.Microseconds())
	d.queue, d.queueLow = max(0, d.queue-by), max(0, d.queueLow-by)
}
