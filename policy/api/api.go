package api

import "encoding/json"

// Limits of the WebSocket, for both directions.
const (
	MaxFrame = 256 << 10 // bytes of one Frame (a Met with two photos is the largest)
	MaxBody  = 16 << 10  // bytes of one relayed Signal.Body after decoding
	MaxPhoto = 64 << 10  // bytes of a Card.Photo after decoding
)

// Frame is one WebSocket message.
type Frame struct {
	Type string          `json:"t"`
	ID   uint64          `json:"id,omitempty"` // set by the asker, counts up
	Re   uint64          `json:"re,omitempty"` // in an answer: the ID it answers
	Body json.RawMessage `json:"b,omitempty"`
}

// Types of Frame. Comments name the body, and for requests the answer's body.
const (
	TypeOK    = "ok"
	TypeError = "error" // Problem

	TypeCodeNew      = "code.new"      // helper: CodeNew -> Code. Voids the helper's live code.
	TypeCodeCancel   = "code.cancel"   // helper: Ref -> nothing
	TypeCodeClaim    = "code.claim"    // sharer: Claim -> Claimed; push Claimant to the helper
	TypeSignal       = "signal"        // both: Signal -> nothing; the same is pushed to the other side
	TypePaired       = "paired"        // both: Paired -> nothing; when both said it, both are pushed Met
	TypeGrantRequest = "grant.request" // sharer: GrantRequest -> Granted
	TypeEvent        = "event"         // both: Event -> nothing; an audit row
	TypeEnd          = "end"           // both: End -> nothing; pushed to the other side
	TypeResume       = "resume"        // both: Resume -> Resumed, then missed pushes in order

	TypeDeviceNonce = "device.nonce" // an enrolled device: nothing -> DeviceNonce
	TypeDeviceProve = "device.prove" // an enrolled device: DeviceProof -> nothing. The connection then speaks for it.

	TypeClaimant = "claimant" // push to helper: Claimant
	TypeMet      = "met"      // push to both: Met
	TypeRevoke   = "revoke"   // push to both: Revoke
)

// Ref names a session.
type Ref struct {
	Session string `json:"session"` // GUID
}

// CodeNew asks for a locator. NH is 32 random bytes made by the helper.
type CodeNew struct {
	NH []byte `json:"nh"`
}

// Code answers CodeNew. Locator is 4 symbols and no secret.
type Code struct {
	Session string `json:"session"`
	Locator string `json:"locator"`
	TTL     int    `json:"ttl"` // seconds
	Resume  string `json:"resume"`
}

// Claim takes a locator, once. NS is 32 random bytes made by the sharer.
type Claim struct {
	Locator string         `json:"locator"`
	NS      []byte         `json:"ns"`
	Device  DeviceEvidence `json:"device"`
}

// DeviceNonce is 32 random bytes, for one DeviceProof on this connection within a minute.
type DeviceNonce struct {
	Nonce []byte `json:"nonce"`
}

// DeviceProof answers DeviceNonce with the device's key (auth/machinekey).
type DeviceProof struct {
	Device    string `json:"device"` // GUID
	Signature []byte `json:"sig"`
}

// Enrol asks to make a key that of a device. Token is single use; Signature shows that the asker
// has the key and binds it to the token (auth/machinekey).
type Enrol struct {
	Tenant    string `json:"tenant"`
	Token     string `json:"token"`
	Public    []byte `json:"public"` // 32 bytes, Ed25519
	Signature []byte `json:"sig"`
	Name      string `json:"name"` // at most 64 runes; the endpoint may have another
	OS        string `json:"os"`   // at most 64 runes
}

// Enrolled answers Enrol.
type Enrolled struct {
	Device string `json:"device"` // GUID
	Name   string `json:"name"`
}

// DeviceEvidence is what the sharer's app says of its device: a claim, not a proof.
type DeviceEvidence struct {
	ID   string `json:"id,omitempty"` // directory device id, GUID, if known
	Name string `json:"name"`         // at most 64 runes
	OS   string `json:"os"`           // at most 64 runes
}

// Claimed answers Claim: object ids only, no names before pairing.
type Claimed struct {
	Session string `json:"session"`
	NH      []byte `json:"nh"`
	Helper  string `json:"hoid"`
	Resume  string `json:"resume"`
}

// Claimant tells the helper that its code was claimed.
type Claimant struct {
	Session string `json:"session"`
	NS      []byte `json:"ns"`
	Sharer  string `json:"soid"`
}

// Signal carries bytes the endpoint cannot read or must not understand.
// Kind is one of p1, p2, ta, tb, sealed.
type Signal struct {
	Session string `json:"session"`
	Kind    string `json:"kind"`
	Body    []byte `json:"body"`
	Seq     uint64 `json:"seq,omitempty"` // set by the endpoint in pushes: per receiver, from 1, for Resume
}

// Paired says that this side holds the pairing's key. Digest is SHA-256(TH).
type Paired struct {
	Session string `json:"session"`
	Digest  []byte `json:"digest"`
}

// Met is pushed to both once both are paired: the directory's word on either side.
// Cards are the exact bytes the digest in the grant is made of: do not re-marshal.
type Met struct {
	Session string          `json:"session"`
	Helper  json.RawMessage `json:"helper"` // Card
	Sharer  json.RawMessage `json:"sharer"` // Card
	Device  DeviceCard      `json:"device"`
	Offer   []string        `json:"offer"` // rights the helper's role allows here
	Chat    bool            `json:"chat"`
	ICE     []ICEServer     `json:"ice,omitempty"`
}

// Card is a person as the directory knows them.
type Card struct {
	Object  string `json:"oid"`
	Name    string `json:"name"`
	Given   string `json:"given,omitempty"`
	Family  string `json:"family,omitempty"`
	Job     string `json:"job,omitempty"`
	Company string `json:"company,omitempty"`
	Domain  string `json:"domain,omitempty"` // verified domain of the organisation
	Photo   []byte `json:"photo,omitempty"`  // PNG or JPEG
}

// DeviceCard is the device as the directory knows it, or as it claims to be.
type DeviceCard struct {
	ID    string `json:"id,omitempty"`
	Name  string `json:"name"`
	OS    string `json:"os,omitempty"`
	State string `json:"state"` // policy.DeviceState
	Proof string `json:"proof"` // policy.Proof
}

// ICEServer is a STUN or TURN server for this session.
type ICEServer struct {
	URLs       []string `json:"urls"`
	Username   string   `json:"username,omitempty"`
	Credential string   `json:"credential,omitempty"`
}

// GrantRequest asks for exactly Rights. GN is 32 new random bytes each time.
type GrantRequest struct {
	Session string   `json:"session"`
	GN      []byte   `json:"gn"`
	Seq     uint64   `json:"seq"`
	TH      []byte   `json:"th"`
	Rights  []string `json:"rights"`
	HFP     []byte   `json:"hfp"`
	SFP     []byte   `json:"sfp"`
	CardH   []byte   `json:"card_h"` // SHA-256 of Met.Helper
	CardS   []byte   `json:"card_s"`
}

// Granted answers GrantRequest. Both are compact JWS; Statement may be "" when the
// organisation has no anchor yet (see policy/grant).
type Granted struct {
	Grant     string `json:"grant"`
	Statement string `json:"statement"`
}

// Revoke narrows or ends rights at once. JWS is verified by the sharer.
type Revoke struct {
	Session string `json:"session"`
	JWS     string `json:"jws"`
}

// Event is an audit fact. Kind is one of the constants below; Detail is a code, never content.
type Event struct {
	Session string   `json:"session"`
	Kind    string   `json:"kind"`
	Rights  []string `json:"rights,omitempty"`
	Detail  string   `json:"detail,omitempty"` // [a-z.]{0,64}
	Count   int      `json:"count,omitempty"`  // how many times, for aggregated refusals
}

// Kinds of Event.
const (
	EventRequested = "requested"        // helper asked for rights
	EventConsent   = "consent.given"    // sharer allowed
	EventDeclined  = "consent.declined" // sharer declined or let it time out
	EventStarted   = "started"          // first picture left the sharer
	EventWidened   = "widened"
	EventNarrowed  = "narrowed"
	EventRefused   = "refused" // the gate refused Count messages; Detail says which class
	EventPaused    = "paused"  // the sharer hides the screen
	EventContinued = "continued"
	EventMonitors  = "monitors" // only or all: the sharer limits the share; shown: the helper turns to one; Count is its number
	EventPairing   = "pairing.failed"
)

// End ends a session. Code is one of the codes of PROTOCOL 1.0 or a reason below.
type End struct {
	Session string `json:"session"`
	Who     string `json:"who,omitempty"` // helper, sharer, endpoint; in pushes set by the endpoint
	Code    string `json:"code"`
}

// Reasons of End besides the codes of errors.
const (
	EndStopped  = "stopped"  // somebody pressed Stop or End
	EndLost     = "lost"     // silence
	EndDeclined = "declined" // the sharer declined and left
	EndLeft     = "left"     // the app was closed
	EndAdmin    = "admin"    // an administrator ended it
)

// Resume continues after the WebSocket broke. It gives delivery, never trust.
type Resume struct {
	Session string `json:"session"`
	Token   string `json:"token"`
	LastSeq uint64 `json:"last"` // of the pushes received for that session
}

// Resumed carries the next token; the old one is void.
type Resumed struct {
	Resume string `json:"resume"`
}

// Problem is an RFC 9457 problem document, and the body of an "error" frame.
type Problem struct {
	Type   string `json:"type,omitempty"`
	Title  string `json:"title"`
	Status int    `json:"status"`
	Code   string `json:"code"`            // stable, for machines: see the constants
	Retry  int    `json:"retry,omitempty"` // seconds after which trying again makes sense
}

// Error is the problem's code, so that a *Problem is an error.
func (p *Problem) Error() string { return "endpoint: " + p.Code }

// Codes of Problem. Codes of PROTOCOL 1.0 first.
const (
	CodeInvalid     = "code.invalid"  // unknown, used, expired or foreign: one answer
	CodeUsed        = "code.used"     // only to the account that itself used it
	CodeMismatch    = "code.mismatch" // wrong secret
	CodeTooMany     = "code.many"     // locked out; Retry says how long
	PairTimeout     = "pair.timeout"
	VersionTooOld   = "version"
	GrantInvalid    = "grant.invalid"
	GrantExpired    = "grant.expired"
	CardsMismatch   = "cards.mismatch"
	LinkMismatch    = "link.mismatch"
	ProtocolBroken  = "protocol"
	Declined        = "declined"
	PolicyDenied    = "policy"          // with a reason in Title? no: see the policy.* codes
	TokenRefused    = "token"           // sign in again
	AccountRefused  = "account"         // guest, personal, other tenant
	TenantOff       = "tenant.disabled" // R4
	LicenceMissing  = "licence.missing" // R1
	OfferMissing    = "role.none"       // R11
	ScopeOutside    = "scope.outside"   // R14
	DeviceUnenroled = "device.unenrolled"
	DeviceUnproven  = "device.unverified" // not proven enough for what was asked
	NotPermitted    = "permission.missing"
	SelfHelp        = "subject.self"
	DirectoryDown   = "directory.unavailable"
	DeviceKey       = "device.key"    // unknown, revoked, foreign or wrong: one answer
	EnrolInvalid    = "enrol.invalid" // token unknown, used, expired or foreign: one answer
	RateLimited     = "rate"
	NotFound        = "not.found"
	Internal        = "internal"
)

// Config is public: what an app needs before anybody signed in.
type Config struct {
	Tenant    string `json:"tenant"`    // the only tenant this endpoint serves, or ""
	ClientID  string `json:"client_id"` // desktop app registration
	API       string `json:"api"`       // scope is API + "/Beside.Use"
	Authority string `json:"authority"` // https://login.microsoftonline.com/<tenant>
	Anchor    []byte `json:"anchor,omitempty"`
	Statement string `json:"statement,omitempty"` // key statement JWS
	Dev       bool   `json:"dev,omitempty"`       // a development endpoint; release apps refuse it
}

// Me is who the endpoint takes the caller for.
type Me struct {
	Card    json.RawMessage `json:"card"`
	MayHelp bool            `json:"may_help"`
	Rights  []string        `json:"rights"`        // the most any of the roles allows
	Why     string          `json:"why,omitempty"` // a Problem code when MayHelp is false
	Enabled bool            `json:"enabled"`       // R4
	Chat    bool            `json:"chat"`
}
