package session

import (
	"errors"
	"fmt"
	"sync"
	"time"

	"beside/input"
	"beside/policy"
)

// Class is a kind of traffic that the Gate decides about.
type Class uint8

// The classes. Everything that crosses the link belongs to exactly one.
const (
	ClassUnknown   Class = iota // anything nobody thought of: always refused
	ClassPicture                // pixels and the pointer, outgoing
	ClassInput                  // mouse, wheel, keyboard, text
	ClassPen                    // laser pointer and strokes
	ClassChat                   // text between the two people
	ClassClipboard              // copied text
)

// classes says which right each class needs, whether it goes on while the sharer pauses, and its
// name in the audit. A class that has no handler yet is not listed, so it has no right that opens it.
var classes = map[Class]struct {
	right  policy.Right
	paused bool
	name   string
}{
	ClassPicture: {policy.View, false, "picture"},
	ClassInput:   {policy.View | policy.Control, false, "input"},
	ClassPen:     {policy.View, false, "pen"},
	ClassChat:    {policy.View, true, "chat"},
}

// String is the class's name in the audit.
func (c Class) String() string {
	switch c {
	case ClassPicture, ClassInput, ClassPen, ClassChat:
		return classes[c].name
	case ClassClipboard:
		return "clipboard"
	case ClassUnknown:
	}
	return "unknown"
}

// ErrRefused wraps the reason why the Gate refused.
var ErrRefused = errors.New("session: refused")

// Gate is the sharer's own say over what reaches the machine and what leaves it. One lock
// covers the check, the injection and any narrowing: when Set returns, nothing that was sent
// under the former rights can land any more. The Gate refuses everything until Set and after
// Until. It is safe for concurrent use.
type Gate struct {
	clock Clock

	mu      sync.Mutex
	rights  policy.Right
	until   time.Duration // on clock
	cap     policy.Right  // what the person at the machine has not taken back
	closed  bool          // for good
	paused  bool          // by the person at the machine
	pauses  uint32        // how often
	turn    turning       // another monitor is about to be shown
	turns   uint32        // how often
	chat    bool          // the organisation allows it
	epoch   uint32
	entry   input.Injector // the filters, ending in held
	held    *input.Held
	hadCtrl bool
}

// NewGate returns a closed Gate before the system's injector. filters, which may be nil, wraps
// what stands between the Gate and the keeping of held keys.
func NewGate(filters func(next input.Injector) input.Injector, system input.Injector, clock Clock) *Gate {
	g := &Gate{clock: clock, held: input.NewHeld(system), cap: ^policy.Right(0)}
	g.entry = g.held
	if filters != nil {
		g.entry = filters(g.held)
	}
	return g
}

// Set makes rights the law until that moment on the Gate's clock, under a new epoch, which it
// returns. Keys and buttons that are down are lifted before it returns unless input goes on.
// Rights that were taken back stay closed, and after Close all do.
func (g *Gate) Set(rights policy.Right, until time.Duration) uint32 {
	_, epoch := g.put(rights, until)
	return epoch
}

// put is Set that also returns the rights that are in force then.
func (g *Gate) put(rights policy.Right, until time.Duration) (policy.Right, uint32) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.set(rights, until)
	return g.rights, g.epoch
}

func (g *Gate) set(rights policy.Right, until time.Duration) uint32 {
	had := g.open(ClassInput) == nil
	if rights &= g.cap; g.closed {
		rights = 0
	}
	g.until = until
	if rights != g.rights {
		g.epoch++
		g.rights = rights
	}
	if had && g.open(ClassInput) != nil {
		_ = g.held.ReleaseAll() // nothing to do about a failed lift: the right is gone anyway
	}
	g.hadCtrl = g.hadCtrl || g.open(ClassInput) == nil
	return g.epoch
}

// Extend moves the end of the rights that hold now. It never opens what is closed.
func (g *Gate) Extend(until time.Duration) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.rights != 0 && g.clock() < g.until {
		g.until = until
	}
}

// Narrow keeps only the rights that are also in keep, and returns what holds then.
func (g *Gate) Narrow(keep policy.Right) (policy.Right, uint32) {
	g.mu.Lock()
	defer g.mu.Unlock()
	rights := g.rights & keep
	return rights, g.set(rights, g.until)
}

// TakeBack is Narrow, but what it takes can be set again only after Allow: whoever is about to
// call Set with rights from before this call does not open them.
func (g *Gate) TakeBack(keep policy.Right) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.cap &= keep
	g.set(g.rights, g.until)
}

// Allow lets Set open again what was taken back: the person said yes. By itself it opens nothing.
func (g *Gate) Allow() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.cap = ^policy.Right(0)
}

// Close refuses everything from now on, for good: no Set that was under way opens it again.
func (g *Gate) Close() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.closed = true
	g.set(0, 0)
}

// Rights are the rights in force now, and their epoch.
func (g *Gate) Rights() (policy.Right, uint32) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.clock() >= g.until {
		return 0, g.epoch
	}
	return g.rights, g.epoch
}

// HadInput says whether the helper ever could send input: from then on only a physical
// device may widen.
func (g *Gate) HadInput() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.hadCtrl
}

// Check says whether traffic of that class may pass now. Errors wrap ErrRefused.
func (g *Gate) Check(c Class) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.open(c)
}

func (g *Gate) open(c Class) error {
	d, ok := classes[c]
	switch {
	case !ok, c == ClassChat && !g.chat:
		return fmt.Errorf("%w: %s is not open", ErrRefused, c)
	case g.paused && !d.paused:
		return fmt.Errorf("%w: %s while paused", ErrRefused, c)
	case !d.paused && g.turn.shuts(c):
		return fmt.Errorf("%w: %s while another monitor is turned to", ErrRefused, c)
	case !g.rights.Has(d.right):
		return fmt.Errorf("%w: %s needs %s", ErrRefused, c, d.right)
	case g.clock() >= g.until:
		return fmt.Errorf("%w: %s after expiry", ErrRefused, c)
	}
	return nil
}

// Inject injects e if it was sent under the epoch that holds now and the rights allow it.
// Errors wrap ErrRefused, or are the injector's own.
func (g *Gate) Inject(epoch uint32, e input.Event) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if err := g.open(ClassInput); err != nil {
		_ = g.held.ReleaseAll() // expiry may be noticed here first
		return err
	}
	if epoch != g.epoch {
		return fmt.Errorf("%w: sent before the rights changed", ErrRefused)
	}
	return g.entry.Inject(e)
}

// Lift releases every key and button that is down, and says whether the rights have run out.
// The session calls it about once a second, because a right may run out while a key is held.
func (g *Gate) Lift() (expired bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.rights == 0 || g.clock() < g.until {
		return false
	}
	_ = g.held.ReleaseAll()
	return true
}

// ReleaseAll lifts what is down without changing any right: the helper has gone quiet.
func (g *Gate) ReleaseAll() {
	g.mu.Lock()
	defer g.mu.Unlock()
	_ = g.held.ReleaseAll()
}
