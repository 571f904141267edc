package sessiontest

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"strings"

	"beside/policy/api"
	"beside/policy/grant"
)

// PairingMessage is P1 or P2 taken apart (PROTOCOL 1.0, 1.1), for an endpoint that rewrites them.
type PairingMessage struct {
	Y                        []byte
	Domain, Role, Hash, AppV string
	Versions, Fingerprint    []byte
}

// ParsePairing takes P1 or P2 apart; ok is false for anything else.
func ParsePairing(b []byte) (m PairingMessage, ok bool) {
	outer := split(b)
	if len(outer) != 2 {
		return m, false
	}
	ad := split(outer[1])
	if len(ad) != 6 {
		return m, false
	}
	return PairingMessage{
		Y: outer[0], Domain: string(ad[0]), Role: string(ad[1]), Versions: ad[2], Hash: string(ad[3]),
		Fingerprint: ad[4], AppV: string(ad[5]),
	}, true
}

// Bytes puts m together again.
func (m PairingMessage) Bytes() []byte {
	ad := join([]byte(m.Domain), []byte(m.Role), m.Versions, []byte(m.Hash), m.Fingerprint, []byte(m.AppV))
	return join(m.Y, ad)
}

func join(parts ...[]byte) (out []byte) {
	for _, p := range parts {
		out = append(binary.AppendUvarint(out, uint64(len(p))), p...)
	}
	return out
}

func split(b []byte) (parts [][]byte) {
	for len(b) > 0 {
		n, used := binary.Uvarint(b)
		if used <= 0 || n > uint64(len(b)-used) {
			return nil
		}
		parts, b = append(parts, b[used:used+int(n)]), b[used+int(n):]
	}
	return parts
}

// Rewrite makes an Endpoint.Push that hands every signal of that kind to f, which may change it; false drops it.
func Rewrite(kind string, f func(to string, s *api.Signal) bool) func(string, api.Frame) []api.Frame {
	return func(to string, fr api.Frame) []api.Frame {
		var s api.Signal
		if fr.Type != api.TypeSignal || json.Unmarshal(fr.Body, &s) != nil || s.Kind != kind {
			return []api.Frame{fr}
		}
		if !f(to, &s) {
			return nil
		}
		return []api.Frame{Frame(api.TypeSignal, s)}
	}
}

// RewritePairing is Rewrite for the fields of p1 or p2.
func RewritePairing(kind string, f func(m *PairingMessage)) func(string, api.Frame) []api.Frame {
	return Rewrite(kind, func(_ string, s *api.Signal) bool {
		m, ok := ParsePairing(s.Body)
		if !ok {
			panic("sessiontest: not a pairing message")
		}
		f(&m)
		s.Body = m.Bytes()
		return true
	})
}

// RewriteMet makes an Endpoint.Push that hands f what is said to one of the two about both.
func RewriteMet(to string, f func(m *api.Met)) func(string, api.Frame) []api.Frame {
	return func(who string, fr api.Frame) []api.Frame {
		var m api.Met
		if who != to || fr.Type != api.TypeMet || json.Unmarshal(fr.Body, &m) != nil {
			return []api.Frame{fr}
		}
		f(&m)
		return []api.Frame{Frame(api.TypeMet, m)}
	}
}

// RewriteClaimed makes an Endpoint.Answer that hands f what the sharer is told about its claim.
func RewriteClaimed(f func(c *api.Claimed)) func(string, string, json.RawMessage) json.RawMessage {
	return func(_, typ string, b json.RawMessage) json.RawMessage {
		var c api.Claimed
		if typ != api.TypeCodeClaim || json.Unmarshal(b, &c) != nil {
			return b
		}
		f(&c)
		return Frame(typ, c).Body
	}
}

// Frame makes one.
func Frame(typ string, body any) api.Frame {
	b, err := json.Marshal(body)
	if err != nil {
		panic(err)
	}
	return api.Frame{Type: typ, Body: b}
}

// Read is every string that the endpoint saw, bytes decoded: what it could make of its traffic.
func (e *Endpoint) Read() (seen []string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	d := json.NewDecoder(strings.NewReader(string(e.Traffic)))
	for {
		var v any
		if err := d.Decode(&v); errors.Is(err, io.EOF) {
			return seen
		} else if err != nil {
			panic(err)
		}
		seen = append(seen, flatten(v)...)
	}
}

func flatten(v any) (out []string) {
	switch v := v.(type) {
	case string:
		out = []string{v}
		if b, err := base64.StdEncoding.DecodeString(v); err == nil && len(v) > 16 {
			out[0] = string(b)
		}
	case []any:
		for _, e := range v {
			out = append(out, flatten(e)...)
		}
	case map[string]any:
		for k, e := range v {
			out = append(append(out, k), flatten(e)...)
		}
	}
	return out
}

// SID is the hexadecimal sid of the newest session.
func (e *Endpoint) SID() string {
	e.mu.Lock()
	defer e.mu.Unlock()
	var newest *meeting
	for _, s := range e.sessions {
		if newest == nil || s.id > newest.id {
			newest = s
		}
	}
	sid := grant.SID(newest.id, newest.nH, newest.nS)
	return hex.EncodeToString(sid[:])
}
