package session

import (
	"time"

	"beside/policy"
)

// Event is what a Helper or a Sharer tells its user interface. A closed set.
type Event interface{ event() }

// Person is the directory's word on somebody.
type Person struct {
	Object                                    string // object id, picks the avatar's colour
	Name, Given, Family, Job, Company, Domain string
	Photo                                     []byte // PNG or JPEG, may be nil
}

// Device is the directory's word on the sharer's device, or the device's own.
type Device struct {
	ID, Name, OS string
	State        policy.DeviceState
	Proof        policy.Proof
}

// Events of a Helper, in the order they can come: CodeReady, (CodeDead |) Pairing, Met,
// (Asked, Declined)*, Started, then any of the others, and always Ended last.
type (
	// CodeReady says what to read out. Code is 8 to 10 symbols without a dash.
	CodeReady struct {
		Code    string
		Expires time.Time
	}
	// CodeDead says the code no longer works. Code is one of the policy/api codes:
	// "expired" is not an error, "code.mismatch" and "pair.timeout" are burnt ones.
	CodeDead struct{ Code string }
	// Pairing says somebody typed a code and the two apps are proving it to each other.
	Pairing struct{}
	// MetSharer comes once the pairing is proven. Offer is what the helper's role allows here.
	MetSharer struct {
		Sharer Person
		Self   Person // "you are shown as"
		Device Device
		Offer  policy.Right
	}
	// Asked says the sharer is reading the request for these rights.
	Asked struct{ Rights policy.Right }
	// Declined says the sharer said no (or did not answer); the session goes on if it had started.
	Declined struct{ Rights policy.Right }
)

// Events of a Sharer, in the order they can come: Checking, MetHelper, (Consent)+, Started,
// then any of the others, and always Ended last.
type (
	// Checking says the code is being proven.
	Checking struct{}
	// MetHelper comes once the pairing is proven; nothing is shared.
	MetHelper struct {
		Helper Person
		Self   Person
		Device Device
	}
	// Consent asks the person. Answer must be called once, from any goroutine; later calls do nothing.
	// First is true for the first consent of the session, false for a widening. The request ends by
	// itself at Until: then ConsentOver comes and Answer does nothing.
	Consent struct {
		Helper Person
		Rights policy.Right // everything the helper will have if allowed
		First  bool
		// Monitors are those that the share can be limited to, by ShareOnly before Answer; none of a widening.
		Monitors []Monitor
		Until    time.Time
		Answer   func(allow bool)
	}
	// ConsentOver says the request is answered, timed out or withdrawn.
	ConsentOver struct{}
)

// Events of both.
type (
	// Started says pictures flow (sharer: the first was sent; helper: the first was shown).
	Started struct {
		Rights policy.Right
		Peer   Person
	}
	// RightsNow says the rights changed, and who did it.
	RightsNow struct {
		Rights policy.Right
		By     Who
	}
	// Unreachable says nothing has been heard from the other side since Since; Back that it has.
	Unreachable struct{ Since time.Time }
	// Back ends Unreachable.
	Back struct{}
	// LocalInput says the sharer is using mouse or keyboard, so the helper's input waits (helper side).
	LocalInput struct{ Active bool }
	// Expiring warns 60 s before the grant runs out and cannot be renewed.
	Expiring struct{}
	// Ended is always the last event.
	Ended struct {
		By      Who
		Code    string // policy/api End* reason or error code
		Peer    Person // zero if never met
		Device  Device
		Used    policy.Right // everything that was used
		Began   time.Time    // zero if it never started
		Lasted  time.Duration
		Retry   time.Duration // for code.many: when trying again makes sense
		Problem string        // short reference for the help desk, e.g. "B-2001", may be ""
	}
)

// Who did something.
type Who uint8

// Who.
const (
	ByNobody Who = iota // time, the network
	ByHelper
	BySharer
	ByEndpoint
)

func (CodeReady) event()   {}
func (CodeDead) event()    {}
func (Pairing) event()     {}
func (MetSharer) event()   {}
func (Asked) event()       {}
func (Declined) event()    {}
func (Checking) event()    {}
func (MetHelper) event()   {}
func (Consent) event()     {}
func (ConsentOver) event() {}
func (Started) event()     {}
func (RightsNow) event()   {}
func (Unreachable) event() {}
func (Back) event()        {}
func (LocalInput) event()  {}
func (Expiring) event()    {}
func (Ended) event()       {}

// Codes of Ended that are this device's own, beside those of policy/api.
const (
	CodeOffline      = "local.offline"    // the policy endpoint cannot be reached
	CodeNoDisplay    = "local.nodisplay"  // there is no screen to share
	CodeNoPermission = "local.permission" // the system does not let the screen be captured
	CodePlatform     = "local.platform"   // this build cannot do it here
)
