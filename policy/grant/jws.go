package grant

import (
	"bytes"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
)

// Errors of this package, with errors.Is.
var (
	// ErrInvalid wraps every refused signature, claim or form; a *CheckError says which check.
	ErrInvalid = errors.New("grant: refused")
	// ErrClock means the clock of this computer is too far off to judge a key's life.
	ErrClock = errors.New("grant: clock of this computer is wrong")
	// ErrWider is the part of check G11 that says the grant must not say more than was asked;
	// everything else about it was right. It is a *CheckError.
	ErrWider error = &CheckError{Check: "G11", Why: "more than was asked"}
	// ErrVersion means the organisation asks for a newer app.
	ErrVersion = errors.New("grant: app is too old")
	// ErrAnchorChanged means the organisation's anchor is not the one this device trusts.
	ErrAnchorChanged = errors.New("grant: anchor changed")
)

// CheckError says which of the protocol's checks failed. It is ErrInvalid.
type CheckError struct {
	Check string // "G1" to "G12", or what part of a statement or revocation
	Why   string // for logs; holds no secret
}

func (e *CheckError) Error() string { return "grant: " + e.Check + ": " + e.Why }

// Is makes every CheckError an ErrInvalid.
func (e *CheckError) Is(target error) bool { return target == ErrInvalid }

func refuse(check, why string, args ...any) error {
	return &CheckError{Check: check, Why: fmt.Sprintf(why, args...)}
}

// maxJWS bounds a compact JWS in bytes.
const maxJWS = 4 << 10

// header is the only form of protected header that is made or accepted.
type header struct {
	Alg string `json:"alg"`
	Typ string `json:"typ"`
	Kid string `json:"kid"`
}

// sign makes a compact EdDSA JWS.
func sign(key ed25519.PrivateKey, h header, claims any) (string, error) {
	hb, err := json.Marshal(h)
	if err != nil {
		return "", err
	}
	cb, err := json.Marshal(claims)
	if err != nil {
		return "", err
	}
	e := base64.RawURLEncoding
	signed := e.EncodeToString(hb) + "." + e.EncodeToString(cb)
	if len(signed)+87 > maxJWS {
		return "", refuse("G1", "too large to sign")
	}
	return signed + "." + e.EncodeToString(ed25519.Sign(key, []byte(signed))), nil
}

// split takes a JWS apart without believing anything in it: strict base64, a header with exactly
// alg, typ and kid, no other member, no member twice.
func split(jws, typ string) (h header, payload, signed, sig []byte, err error) {
	if len(jws) > maxJWS {
		return h, nil, nil, nil, refuse("G1", "%d bytes", len(jws))
	}
	parts := strings.Split(jws, ".")
	if len(parts) != 3 {
		return h, nil, nil, nil, refuse("G1", "%d parts", len(parts))
	}
	if strings.ContainsAny(jws, "\r\n") { // the decoder would skip them: one JWS, many spellings
		return h, nil, nil, nil, refuse("G1", "encoding")
	}
	dec := base64.RawURLEncoding.Strict()
	hb, err1 := dec.DecodeString(parts[0])
	payload, err2 := dec.DecodeString(parts[1])
	sig, err3 := dec.DecodeString(parts[2])
	if err1 != nil || err2 != nil || err3 != nil || len(sig) != ed25519.SignatureSize {
		return h, nil, nil, nil, refuse("G1", "encoding")
	}
	if err := strict(hb, &h); err != nil {
		return h, nil, nil, nil, refuse("G1", "header: %v", err)
	}
	if h.Alg != "EdDSA" || h.Typ != typ || h.Kid == "" {
		return h, nil, nil, nil, refuse("G1", "header is not that of a %s", typ)
	}
	return h, payload, []byte(parts[0] + "." + parts[1]), sig, nil
}

// strict decodes JSON that has no unknown member, no member twice and nothing behind it.
func strict(b []byte, v any) error {
	if err := noDuplicates(b); err != nil {
		return err
	}
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		return err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return errors.New("something follows")
	}
	return nil
}

// noDuplicates refuses an object with one name twice, at any depth: two readers could see two
// different values. encoding/json matches names without regard to case, so neither does this.
func noDuplicates(b []byte) error {
	d := json.NewDecoder(bytes.NewReader(b))
	type level struct {
		names map[string]bool
		name  bool // the next token is a name
	}
	var stack []level
	for {
		t, err := d.Token()
		if errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		top := len(stack) - 1
		switch t := t.(type) {
		case json.Delim:
			switch t {
			case '{', '[':
				if top >= 0 {
					stack[top].name = stack[top].names != nil
				}
				l := level{}
				if t == '{' {
					l = level{names: map[string]bool{}, name: true}
				}
				if stack = append(stack, l); len(stack) > 8 {
					return errors.New("too deep")
				}
			default:
				stack = stack[:top]
			}
		case string:
			if top >= 0 && stack[top].name {
				if strings.ToLower(t) != t {
					return errors.New("a name is not in lower case")
				}
				if stack[top].names[t] {
					return errors.New("a name stands twice")
				}
				stack[top].names[t], stack[top].name = true, false
				continue
			}
			if top >= 0 {
				stack[top].name = stack[top].names != nil
			}
		default:
			if top >= 0 {
				stack[top].name = stack[top].names != nil
			}
		}
	}
}
