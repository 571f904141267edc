package rtc

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"regexp"

	"github.com/pion/ice/v4"
	"github.com/pion/sdp/v3"
	"github.com/pion/webrtc/v4"
)

// Limits of a description.
const (
	maxDescription = 12 << 10
	maxCandidates  = 32
)

// ErrDescription wraps what was wrong with a peer's description.
var ErrDescription = errors.New("rtc: bad description")

// description is where one side can be reached. It travels sealed.
type description struct {
	Ufrag      string      `json:"ufrag"`
	Pwd        string      `json:"pwd"`
	Candidates []candidate `json:"candidates"`
}

// candidate is one address. Foundation and priority are ICE's.
type candidate struct {
	Foundation string `json:"f"`
	Priority   uint32 `json:"p"`
	Address    string `json:"a"` // ip:port
	Kind       string `json:"k"` // host, srflx, relay
	TCP        bool   `json:"t,omitempty"`
}

// iceChars are all the characters of RFC 8839's ice-char: none of them ends a line of an SDP.
var iceChars = regexp.MustCompile(`\A[A-Za-z0-9+/]+\z`)

// parse reads a peer's description. Every candidate must be an address that a peer may have: no
// names, no link-local, multicast or unspecified addresses, and loopback only for development.
func parse(b []byte, loopback bool) (description, error) {
	var d description
	if len(b) > maxDescription {
		return d, fmt.Errorf("%w: %d bytes", ErrDescription, len(b))
	}
	dec := json.NewDecoder(bytes.NewReader(b))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&d); err != nil || dec.More() {
		return description{}, fmt.Errorf("%w: form", ErrDescription)
	}
	if !iceString(d.Ufrag, 4) || !iceString(d.Pwd, 22) || len(d.Candidates) > maxCandidates {
		return description{}, fmt.Errorf("%w: credentials or number of candidates", ErrDescription)
	}
	for _, c := range d.Candidates {
		ap, err := netip.ParseAddrPort(c.Address)
		if err != nil || ap.Port() == 0 || !allowed(ap.Addr(), loopback) || ap.Addr().Zone() != "" ||
			(c.Kind != "host" && c.Kind != "srflx" && c.Kind != "relay") || !iceString(c.Foundation, 1) || c.TCP {
			return description{}, fmt.Errorf("%w: candidate", ErrDescription)
		}
	}
	return d, nil
}

func iceString(s string, least int) bool {
	return len(s) >= least && len(s) <= 256 && iceChars.MatchString(s)
}

// allowed says whether a peer may name this address.
func allowed(a netip.Addr, loopback bool) bool {
	a = a.Unmap()
	if a.IsLoopback() {
		return loopback
	}
	return !a.IsUnspecified() && !a.IsMulticast() && !a.IsLinkLocalUnicast() && !a.IsInterfaceLocalMulticast()
}

// describe makes this side's description from an SDP of its own, of which nothing else is told to anybody.
func describe(own webrtc.SessionDescription, loopback bool) ([]byte, error) {
	read, err := own.Unmarshal()
	if err != nil {
		return nil, err
	}
	d := description{Candidates: []candidate{}}
	found, err := addresses(read)
	if err != nil {
		return nil, err
	}
	for _, m := range read.MediaDescriptions {
		for key, to := range map[string]*string{"ice-ufrag": &d.Ufrag, "ice-pwd": &d.Pwd} {
			if v, ok := m.Attribute(key); ok {
				*to = v
			}
		}
	}
	for _, c := range found {
		a, err := netip.ParseAddr(c.Address())
		if err != nil || !allowed(a, loopback) || c.NetworkType().IsTCP() || c.Type() == ice.CandidateTypePeerReflexive ||
			c.Port() < 1 || c.Port() > 65535 {
			continue
		}
		if len(d.Candidates) < maxCandidates {
			d.Candidates = append(d.Candidates, candidate{
				Foundation: c.Foundation(), Priority: c.Priority(), Kind: c.Type().String(),
				Address: netip.AddrPortFrom(a, uint16(c.Port())).String(), //nolint:gosec // checked above
			})
		}
	}
	return json.Marshal(d)
}

// remote turns a parsed candidate into pion's. The related address is not told: it is nobody's business.
func (c candidate) remote() (*webrtc.ICECandidate, error) {
	ap, err := netip.ParseAddrPort(c.Address)
	if err != nil {
		return nil, fmt.Errorf("%w: candidate", ErrDescription)
	}
	kind, err := webrtc.NewICECandidateType(c.Kind)
	if err != nil || kind == webrtc.ICECandidateTypePrflx {
		return nil, fmt.Errorf("%w: kind of candidate", ErrDescription)
	}
	out := &webrtc.ICECandidate{
		Foundation: c.Foundation, Priority: c.Priority, Address: ap.Addr().String(), Port: ap.Port(),
		Protocol: webrtc.ICEProtocolUDP, Component: 1, Typ: kind,
	}
	if kind != webrtc.ICECandidateTypeHost {
		out.RelatedAddress = "0.0.0.0"
	}
	return out, nil
}

// addresses are the candidates of an SDP of our own.
func addresses(own *sdp.SessionDescription) ([]ice.Candidate, error) {
	var out []ice.Candidate
	for _, m := range own.MediaDescriptions {
		for _, a := range m.Attributes {
			if !a.IsICECandidate() {
				continue
			}
			c, err := ice.UnmarshalCandidate(a.Value)
			if err != nil {
				return nil, err
			}
			if c.Component() == ice.ComponentRTP { // pion lists each again for RTCP
				out = append(out, c)
			}
		}
	}
	return out, nil
}
