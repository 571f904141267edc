package screens

import "time"

// GuardTime is how long an answer is not taken after a question came up, so that a person
// who is typing or clicking cannot answer by accident.
const GuardTime = 700 * time.Millisecond

// A Guard is closed for GuardTime after the question came to the top. Not safe for
// concurrent use.
type Guard struct {
	now   func() time.Time
	since time.Time
}

// NewGuard makes a closed one; now is the clock.
func NewGuard(now func() time.Time) *Guard { return &Guard{now: now, since: now()} }

// Raised closes it anew: the window has just come to the top.
func (g *Guard) Raised() { g.since = g.now() }

// Open says whether answers count.
func (g *Guard) Open() bool { return g.now().Sub(g.since) >= GuardTime }
