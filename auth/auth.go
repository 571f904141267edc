package auth

import (
	"context"
	"errors"
	"time"
)

// Identity is a person in a tenant. Tenant and Object are lower-case GUIDs and together
// the only key; the rest is for display and never decides anything. The zero Identity is nobody.
type Identity struct {
	Tenant, Object string
	Name           string // display name as the provider says, may be empty
	Username       string // sign-in name, for display only
}

// DeviceCode is what a person types on another device to sign in there.
type DeviceCode struct {
	URL, Code string
	Expires   time.Time
}

var (
	// ErrSignInNeeded means there is no usable account: sign in interactively.
	ErrSignInNeeded = errors.New("auth: sign-in needed")
	// ErrCancelled means the person refused or closed the sign-in.
	ErrCancelled = errors.New("auth: sign-in cancelled")
	// ErrWrongAccount means the account is not of this organisation (guest, personal, other tenant).
	ErrWrongAccount = errors.New("auth: account does not belong to this organisation")
	// ErrToken means a token was refused; wrapped with what was wrong, never with the token.
	ErrToken = errors.New("auth: token refused")
	// ErrProvider means the identity provider could not be reached or did not make sense.
	ErrProvider = errors.New("auth: identity provider unavailable")
)

// A SignIn is the desktop's public client. It is safe for concurrent use.
type SignIn interface {
	// Interactive signs in through the system browser; open is given the address to open.
	// ctx should end within minutes; a person may never come back from the browser.
	Interactive(ctx context.Context, open func(url string) error) (Identity, error)
	// DeviceCode signs in on another device; show is called once with what to type there.
	DeviceCode(ctx context.Context, show func(DeviceCode)) (Identity, error)
	// Account is who is signed in, ErrSignInNeeded if nobody is.
	Account(ctx context.Context) (Identity, error)
	// Token is an access token for the policy endpoint, refreshed when it is about to expire.
	// It must not be logged. ErrSignInNeeded when it cannot be had without the person.
	Token(ctx context.Context) (string, error)
	// SignOut forgets every account and token on this device.
	SignOut(ctx context.Context) error
}

// Verified is what a checked access token proves.
type Verified struct {
	Identity
	Roles   []string  // application roles, e.g. "Admin"
	Device  string    // deviceid claim, lower case, "" if absent: a copyable hint, not a proof
	Expires time.Time // after which the token no longer counts

	// The rest is what a generic OpenID Connect provider says besides; empty with Entra.
	Given, Family, Email string
	Groups               []string // values of the configured claim
	GroupsKnown          bool     // the token has that claim
	Issued               time.Time
}

// A Verifier checks access tokens. It is safe for concurrent use.
type Verifier interface {
	// Verify answers who sent the token, or an error that wraps ErrToken (refused),
	// ErrWrongAccount (guest, personal, other tenant) or ErrProvider (keys cannot be had).
	Verify(ctx context.Context, token string) (Verified, error)
}
