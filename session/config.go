package session

import (
	"context"
	"image"

	"beside/capture"
	"beside/input"
	"beside/policy"
	"beside/policy/api"
	"beside/policy/grant"
)

// Endpoint is the connection to the policy endpoint; policy/client implements it. It is trusted
// only to refuse. It is safe for concurrent use.
type Endpoint interface {
	// Call asks and waits for the answer, which it unmarshals into answer unless that is nil.
	// A refusal is an *api.Problem.
	Call(ctx context.Context, typ string, body, answer any) error
	// Pushes are the endpoint's own messages, in order; closed when the connection is given up.
	Pushes() <-chan api.Frame
}

// Wire makes the encrypted connection to one peer; session/rtc makes real ones. One Wire serves
// one session: its certificate is never used again.
type Wire interface {
	// Fingerprint is the SHA-256 of this side's certificate.
	Fingerprint() [32]byte
	// Local gathers where this side can be reached.
	Local(ctx context.Context, ice []api.ICEServer, peer [32]byte) ([]byte, error)
	// Connect connects to where the peer says it can be reached, and returns once the link is
	// encrypted and the peer's certificate is proven to have the fingerprint given to Local.
	Connect(ctx context.Context, remote []byte) (Link, error)
	// Close ends whatever there is. Idempotent.
	Close() error
}

// Account is this side's own sign-in: straight from the identity provider, never from the endpoint.
type Account struct{ Tenant, Object string }

// Common is what both sides need.
type Common struct {
	Endpoint   Endpoint
	Account    Account
	Origin     string                                    // of the endpoint: https://host[:port], lower case
	AnchorID   [32]byte                                  // of the organisation's anchor, as this device trusts it
	AppVersion string                                    // at most 32 bytes
	NewWire    func() (Wire, error)                      // helper offers, sharer answers
	Clock      Clock                                     // nil: SystemClock
	Statement  func(jws string) (grant.Statement, error) // checks a key statement against this device's trust
}

// HelperConfig makes a Helper.
type HelperConfig struct {
	Common
	Screen Screen
	Ticket string // of a beside://open link: the session is started with that device, and has no code
}

// SharerConfig makes a Sharer.
type SharerConfig struct {
	Common
	Code     string    // as typed; see pair.ParseCode
	Ring     *api.Ring // instead of a code: what the person pressed Join on
	Device   api.DeviceEvidence
	Displays capture.Backend
	// Injector hands events to the system, after the filters. area is the shared picture in desktop coordinates.
	Injector func(area func() image.Rectangle) (input.Injector, error)
	// Ceiling is the most this device allows by its own managed policy.
	Ceiling policy.Right
	// Local tells when the person at the machine last used it; nil where the platform cannot tell
	// local from injected input.
	Local input.Local
	// Own knows Beside's own windows, which no helper may press; nil refuses nothing and is for tests.
	Own input.Windows
	// Overlay opens what draws on the real screen where the helper points, when he first does; nil:
	// pointing is refused.
	Overlay func() (Overlay, error)
	// InjectedConsent lets an Allow count although the platform cannot tell that a person pressed it
	// (managed policy AllowInjectedConsent).
	InjectedConsent bool
	// Spent remembers the codes this app already ran, across sessions.
	Spent Spent
}

// Spent remembers typed codes; pair.Spent implements it. It is safe for concurrent use.
type Spent interface {
	// Spent says whether this code was spent before.
	Spent(locator, secret string) bool
	// Spend marks the code as spent and says whether it was this call that did: of several at once
	// only one may run the code.
	Spend(locator, secret string) bool
}
