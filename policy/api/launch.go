package api

import "encoding/json"

// Types of Frame for a session that is started from the admin site (PROTOCOL 1.2).
const (
	TypeWait          = "device.wait"    // sharer's app: Wait -> Waiting. The connection can then be rung.
	TypeLaunchOpen    = "launch.open"    // helper: LaunchOpen -> Launch. Uses the ticket up.
	TypeLaunchStart   = "launch.start"   // helper: LaunchStart -> Launched; push Ring to the device. May be asked again.
	TypeLaunchJoin    = "launch.join"    // sharer: LaunchJoin -> Claimed; push Claimant to the helper
	TypeLaunchDecline = "launch.decline" // sharer: Ref -> nothing; pushed End to the helper

	TypeRing = "ring" // push to a waiting device: Ring
)

// Kinds of Signal in a session of mode sas, in order; each goes through once.
const (
	SignalCommit = "commit" // helper
	SignalShare  = "share"  // sharer
	SignalReveal = "reveal" // helper
)

// ModeSAS is the mode of a session that is started from the admin site.
const ModeSAS = "sas"

// Wait says that this app can be asked to share. Device is as in Claim.
type Wait struct {
	Device DeviceEvidence `json:"device"`
}

// Waiting says for which device the connection can be rung.
type Waiting struct {
	Device string `json:"device"`
}

// LaunchOpen takes a ticket to the endpoint: 22 symbols of base64url.
type LaunchOpen struct {
	Ticket string `json:"ticket"`
}

// Launch says what the ticket is for. Nothing has been sent to the device yet.
type Launch struct {
	Device DeviceCard      `json:"device"`
	Sharer json.RawMessage `json:"sharer,omitempty"` // Card of who waits there; none while the device is offline
}

// LaunchStart rings the device that this connection opened a ticket for. NH is 32 new random bytes.
type LaunchStart struct {
	NH []byte `json:"nh"`
}

// Launched answers LaunchStart.
type Launched struct {
	Session string `json:"session"`
	Resume  string `json:"resume"`
	TTL     int    `json:"ttl"` // seconds in which somebody must join
}

// Ring asks the person at the device. Nothing happens unless they join.
type Ring struct {
	Session string          `json:"session"`
	Device  string          `json:"device"`
	Helper  json.RawMessage `json:"helper"` // Card
	TTL     int             `json:"ttl"`    // seconds
}

// LaunchJoin is the person's yes. NS is 32 random bytes made by the sharer.
type LaunchJoin struct {
	Session string         `json:"session"`
	NS      []byte         `json:"ns"`
	Device  DeviceEvidence `json:"device"`
}

// Reasons of End and codes of Problem besides those of other sessions.
const (
	EndNoAnswer    = "no.answer"      // nobody joined in time
	SASMismatch    = "sas.mismatch"   // the numbers were not the same
	DeviceOffline  = "device.offline" // nobody waits there: nothing was sent
	DeviceBlocked  = "device.blocked" // too many sas.mismatch today
	LaunchNotFound = "launch.invalid" // ticket or ring unknown, used, expired or foreign: one answer
)
