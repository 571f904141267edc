package pair

import (
	"bytes"
	"errors"
	"regexp"
	"slices"

	"beside/internal/lv"
	"beside/policy/grant"
)

// Errors of this package, with errors.Is. Each is one of the protocol's end codes.
var (
	// ErrMismatch: the other side does not hold this code.
	ErrMismatch = errors.New("pair: the codes do not match")
	// ErrProtocol: what came is not what the protocol allows here.
	ErrProtocol = errors.New("pair: protocol broken")
	// ErrVersion: the apps have no version in common.
	ErrVersion = errors.New("pair: no common version")
	// ErrDuplicate: a sealed message that was opened before; drop it.
	ErrDuplicate = errors.New("pair: duplicate")
)

// Role is which side of the session one is.
type Role uint8

// The roles. The zero Role is nobody.
const (
	Helper Role = 1 + iota
	Sharer
)

// String is the role's name in every binding.
func (r Role) String() string {
	switch r {
	case Helper:
		return "helper"
	case Sharer:
		return "sharer"
	}
	return "nobody"
}

func (r Role) peer() Role {
	if r == Helper {
		return Sharer
	}
	return Helper
}

// Context is what both sides must agree on without saying it: a lie by the endpoint about any of
// it makes the run fail.
type Context struct {
	Mode                 string // "code" or ModeSAS
	SessionGUID          string // from the endpoint
	Origin               string // https://host[:port] of the endpoint, lower case
	AnchorID             [32]byte
	Tenant               string // own sign-in
	HelperOID, SharerOID string // one's own from one's own sign-in, the peer's from the endpoint
	NH, NS               [32]byte
	Device               string // id of the device; only in ModeSAS
}

// Local is what this side brings.
type Local struct {
	Fingerprint [32]byte // SHA-256 of this session's DTLS certificate
	AppVersion  string   // 1 to 32 bytes
	Versions    []byte   // of the protocol, ascending; at most 16
}

// Peer is what the other side brought, once confirmed.
type Peer struct {
	Fingerprint [32]byte
	AppVersion  string
	Version     byte // the highest that both support
}

var guid = regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$`)

func (c Context) valid() bool {
	return (c.Mode == "code" && c.Device == "" || c.Mode == ModeSAS && guid.MatchString(c.Device)) && guid.MatchString(c.SessionGUID) && guid.MatchString(c.Tenant) &&
		guid.MatchString(c.HelperOID) && guid.MatchString(c.SharerOID) && c.HelperOID != c.SharerOID && c.Origin != ""
}

// sid names the run: the endpoint cannot make two honest apps use one twice.
func (c Context) sid() [32]byte {
	return grant.SID(c.SessionGUID, c.NH[:], c.NS[:])
}

// ci is the channel identifier.
func (c Context) ci() []byte {
	parts := [][]byte{
		[]byte("beside-pair/1"), []byte(c.Mode), []byte(c.Origin), c.AnchorID[:], []byte(c.Tenant),
		[]byte("helper"), []byte(c.HelperOID), []byte("sharer"), []byte(c.SharerOID),
	}
	if c.Mode != "code" {
		parts = append(parts, []byte(c.Device))
	}
	return lv.Cat(parts...)
}

func (l Local) valid() bool {
	return len(l.AppVersion) > 0 && len(l.AppVersion) <= maxAppVersion && len(l.Versions) > 0 &&
		len(l.Versions) <= maxVersions && ascending(l.Versions)
}

// Limits of associated data.
const (
	maxAppVersion = 32
	maxVersions   = 16
	maxMessage    = 512
)

func ascending(v []byte) bool {
	return slices.IsSorted(v) && len(slices.Compact(slices.Clone(v))) == len(v)
}

// ad is the associated data of a role.
func (l Local) ad(r Role) []byte {
	return lv.Cat([]byte("beside-ad/1"), []byte(r.String()), l.Versions, []byte("sha-256"), l.Fingerprint[:], []byte(l.AppVersion))
}

// parseMessage takes lv(Y, AD) apart and checks every field of AD: a message of one's own role is a
// reflection.
func parseMessage(b []byte, from Role) (y []byte, p Local, err error) {
	if len(b) > maxMessage {
		return nil, Local{}, ErrProtocol
	}
	msg, ok := lv.Cut(b, 2)
	if !ok || len(msg[0]) != pointBytes {
		return nil, Local{}, ErrProtocol
	}
	p, err = parseAD(msg[1], from)
	return msg[0], p, err
}

// parseAD checks every field of a role's associated data.
func parseAD(b []byte, from Role) (Local, error) {
	f, ok := lv.Cut(b, 6)
	if !ok || string(f[0]) != "beside-ad/1" || string(f[1]) != from.String() || string(f[3]) != "sha-256" || len(f[4]) != 32 {
		return Local{}, ErrProtocol
	}
	p := Local{Versions: f[2], Fingerprint: [32]byte(f[4]), AppVersion: string(f[5])}
	if !p.valid() {
		return Local{}, ErrProtocol
	}
	return p, nil
}

// highestCommon is the newest version in both lists.
func highestCommon(a, b []byte) (byte, bool) {
	for _, v := range slices.Backward(a) {
		if bytes.IndexByte(b, v) >= 0 {
			return v, true
		}
	}
	return 0, false
}
