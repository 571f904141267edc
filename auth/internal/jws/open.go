package jws

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"strings"
	"unicode/utf8"
)

const (
	maxToken = 16 << 10 // bytes
	maxDepth = 8        // of nested JSON
)

// Header is what counts in a JWS header. jku, x5u, jwk and x5c are never looked at.
type Header struct {
	Alg  string          `json:"alg"`
	Typ  string          `json:"typ"`
	KID  string          `json:"kid"`
	Crit json.RawMessage `json:"crit"`
}

// Open takes a compact JWS apart without believing it; what is wrong is said without content.
// Its algorithm is one of algs.
func Open(token string, algs []string) (h Header, payload []byte, err error) {
	if len(token) > maxToken {
		return h, nil, errors.New("too large")
	}
	p := strings.Split(token, ".")
	if len(p) != 3 {
		return h, nil, errors.New("not a compact JWS")
	}
	var parts [3][]byte
	for i := range p {
		b, err := base64.RawURLEncoding.Strict().DecodeString(p[i])
		if err != nil || base64.RawURLEncoding.EncodeToString(b) != p[i] {
			return h, nil, errors.New("not base64url")
		}
		parts[i] = b
	}
	for _, b := range parts[:2] {
		if err := Unambiguous(b); err != nil {
			return h, nil, err
		}
	}
	if err := json.Unmarshal(parts[0], &h); err != nil {
		return h, nil, errors.New("header")
	}
	switch {
	case !slices.Contains(algs, h.Alg):
		return h, nil, errors.New("alg is not allowed")
	case h.KID == "" || h.Crit != nil:
		return h, nil, errors.New("no kid, or a critical extension")
	}
	return h, parts[1], nil
}

// Unambiguous refuses JSON that two readers could read differently: no object, a name
// twice (whatever its case, as encoding/json does not care), deep nesting, invalid UTF-8,
// or something behind the object.
func Unambiguous(b []byte) error {
	if !utf8.Valid(b) {
		return errors.New("not UTF-8")
	}
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	t, err := d.Token()
	if err != nil || t != json.Delim('{') {
		return errors.New("not a JSON object")
	}
	if err := object(d, 1); err != nil {
		return err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return errors.New("something behind the JSON object")
	}
	return nil
}

// object reads up to the end of an object whose start was read.
func object(d *json.Decoder, depth int) error {
	seen := map[string]bool{}
	for d.More() {
		t, err := d.Token()
		if err != nil {
			return errors.New("not JSON")
		}
		name, ok := t.(string)
		if name = strings.ToLower(name); !ok || seen[name] {
			return errors.New("a JSON member stands twice")
		}
		seen[name] = true
		if err := value(d, depth); err != nil {
			return err
		}
	}
	return end(d)
}

func value(d *json.Decoder, depth int) error {
	t, err := d.Token()
	if err != nil {
		return errors.New("not JSON")
	}
	delim, ok := t.(json.Delim)
	if !ok {
		return nil
	}
	if depth >= maxDepth {
		return errors.New("JSON nested too deep")
	}
	if delim == '{' {
		return object(d, depth+1)
	}
	for d.More() {
		if err := value(d, depth+1); err != nil {
			return err
		}
	}
	return end(d)
}

// end reads the closing bracket.
func end(d *json.Decoder) error {
	if _, err := d.Token(); err != nil {
		return errors.New("not JSON")
	}
	return nil
}
