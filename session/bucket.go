package session

import (
	"sync"
	"time"
)

// bucket limits what a peer may send on one channel (PROTOCOL 2.2, row 24): burst at once and rate
// a second in the long run. What comes beyond is refused; when refused more than gross, less what
// the rate would have let through since, the peer is flooding. It is safe for concurrent use.
type bucket struct {
	clock              Clock
	rate, burst, gross float64

	mu   sync.Mutex
	used float64 // of burst
	over float64 // refused
	last time.Duration
}

// newBucket returns a full bucket.
func newBucket(clock Clock, rate, burst, gross float64) *bucket {
	return &bucket{clock: clock, rate: rate, burst: burst, gross: gross, last: clock()}
}

// take asks for room for cost: ok says whether there is, flood that the peer has gone so far that
// the session must end.
func (b *bucket) take(cost float64) (ok, flood bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := b.clock()
	back := max(0, (now-b.last).Seconds()*b.rate)
	b.last = now
	b.used, b.over = max(0, b.used-back), max(0, b.over-back)
	if b.used+cost <= b.burst {
		b.used += cost
		return true, false
	}
	b.over += cost
	return false, b.over > b.gross
}

// The limits of each channel. A person types, draws and copies far less.
func controlBucket(c Clock) *bucket   { return newBucket(c, 100, 400, 4000) }         // messages
func chatBucket(c Clock) *bucket      { return newBucket(c, 5, 30, 300) }             // messages
func penBucket(c Clock) *bucket       { return newBucket(c, 150, 300, 3000) }         // packets
func clipboardBucket(c Clock) *bucket { return newBucket(c, 256<<10, 2<<20, 16<<20) } // bytes
