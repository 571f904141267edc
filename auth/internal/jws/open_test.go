package jws

import (
	"encoding/base64"
	"testing"
)

func enc(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) }

func TestOpenRefuses(t *testing.T) {
	good := enc(`{"alg":"RS256","kid":"k"}`) + "." + enc(`{"iss":"x"}`) + ".AAAA"
	if _, _, err := Open(good, []string{"RS256"}); err != nil {
		t.Fatal(err)
	}
	for name, s := range map[string]string{
		"another algorithm": enc(`{"alg":"HS256","kid":"k"}`) + "." + enc(`{}`) + ".AAAA",
		"none":              enc(`{"alg":"none","kid":"k"}`) + "." + enc(`{}`) + ".",
		"no key":            enc(`{"alg":"RS256"}`) + "." + enc(`{}`) + ".AAAA",
		"critical":          enc(`{"alg":"RS256","kid":"k","crit":["x"]}`) + "." + enc(`{}`) + ".AAAA",
		"twice":             enc(`{"alg":"RS256","kid":"k"}`) + "." + enc(`{"iss":"x","ISS":"y"}`) + ".AAAA",
		"two parts":         enc(`{"alg":"RS256","kid":"k"}`) + "." + enc(`{}`),
		"padding":           good + "=",
		"a list":            enc(`{"alg":"RS256","kid":"k"}`) + "." + enc(`[]`) + ".AAAA",
	} {
		if _, _, err := Open(s, []string{"RS256"}); err == nil {
			t.Errorf("%s: opened", name)
		}
	}
}

func FuzzOpen(f *testing.F) {
	for _, s := range []string{"", "a.b.c", enc(`{"alg":"RS256","typ":"JWT","kid":"k"}`) + "." + enc(`{"tid":"x"}`) + ".AAAA", enc(`{"a":[{}]}`) + "." + enc(`{}`) + "."} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		h, payload, err := Open(s, []string{"RS256"})
		if err == nil && (h.Alg != "RS256" || h.KID == "" || Unambiguous(payload) != nil) {
			t.Errorf("opened %q", s)
		}
	})
}
