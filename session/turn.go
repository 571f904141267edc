package session

// turning is how far a turn to another monitor is: input must not land on a monitor whose picture
// the helper has not seen.
type turning uint8

const (
	turnNone  turning = iota
	turnBlind         // the new monitor's picture may go out; what aims at it is refused
	turnShut          // nothing passes
)

// shuts says whether traffic of a class must wait.
func (t turning) shuts(c Class) bool { return t == turnShut || t == turnBlind && c != ClassPicture }

// Turn closes every class but chat until Turned and Aim are called with what it returns, under a
// new epoch. Keys and buttons that are down are lifted before it returns. It changes no right.
func (g *Gate) Turn() (times uint32) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.turn = turnShut
	g.turns++
	g.epoch++
	_ = g.held.ReleaseAll() // nothing to do about a failed lift: the gate is shut anyway
	return g.turns
}

// Turned lets the picture out again after the Turn that was the times-th, and says whether it did:
// a Turn after it stays.
func (g *Gate) Turned(times uint32) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.turn == turnNone || g.turns != times {
		return false
	}
	g.turn = turnBlind
	return true
}

// Aim lets input in again after Turned, under a new epoch, and says whether it did.
func (g *Gate) Aim(times uint32) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.turn != turnBlind || g.turns != times {
		return false
	}
	g.turn = turnNone
	g.epoch++
	g.hadCtrl = g.hadCtrl || g.open(ClassInput) == nil
	return true
}
