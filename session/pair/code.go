package pair

import (
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
)

// Alphabet is the 26 symbols of a code: no vowels, so no words, and nothing that looks or sounds
// like something else.
const Alphabet = "23456789BCDFGHJKMNPQRTVWXY"

// LocatorLen is how many symbols of a code come from the endpoint and are no secret.
const LocatorLen = 4

// Lengths of a whole code, in symbols.
const (
	MinCode = 8
	MaxCode = 12
)

// LinkPrefix starts the only link form that carries a code. It is never an https link of the
// endpoint, whose server and scripts would read the secret half.
const LinkPrefix = "beside://join#"

// maxTyped bounds what is looked at, in bytes.
const maxTyped = 64

// ErrLength says that what was typed has too few or too many symbols for a code.
var ErrLength = errors.New("pair: not the length of a code")

// BadSymbolError names a symbol that no code has in it.
type BadSymbolError struct{ Symbol rune }

func (e *BadSymbolError) Error() string { return fmt.Sprintf("pair: no code has %q in it", e.Symbol) }

// NewSecret makes n random symbols, without bias. It must not leave this app except on screen,
// by the clipboard or in the link that the person copies.
func NewSecret(n int) (string, error) {
	out := make([]byte, 0, n)
	var b [1]byte
	for len(out) < n {
		if _, err := rand.Read(b[:]); err != nil {
			return "", err
		}
		if int(b[0]) < 256/len(Alphabet)*len(Alphabet) { // the rest would favour some symbols
			out = append(out, Alphabet[int(b[0])%len(Alphabet)])
		}
	}
	return string(out), nil
}

// ParseCode reads what a person typed or pasted: any case, spaces and hyphens anywhere, or the
// link form. Errors are ErrLength or a *BadSymbolError; they never hold the code.
func ParseCode(typed string) (locator, secret string, err error) {
	if len(typed) > maxTyped {
		return "", "", ErrLength
	}
	s := strings.TrimSpace(typed)
	if len(s) >= len(LinkPrefix) && strings.EqualFold(s[:len(LinkPrefix)], LinkPrefix) {
		s = s[len(LinkPrefix):]
	}
	var b strings.Builder
	for _, r := range s {
		if r == ' ' || r == '-' || r == '\u2010' || r == '\u2011' || r == '\u2013' || r == '\u00a0' {
			continue
		}
		u := r
		if u >= 'a' && u <= 'z' {
			u += 'A' - 'a'
		}
		if u > 127 || !strings.ContainsRune(Alphabet, u) {
			return "", "", &BadSymbolError{r}
		}
		b.WriteRune(u)
	}
	c := b.String()
	if len(c) < MinCode || len(c) > MaxCode {
		return "", "", ErrLength
	}
	return c[:LocatorLen], c[LocatorLen:], nil
}

// ValidLocator says whether s can stand before a secret. The helper's app checks what the endpoint
// sent: a locator of another length would make the sharer's app take a part of the secret for it.
func ValidLocator(s string) bool {
	if len(s) != LocatorLen {
		return false
	}
	for _, c := range s {
		if !strings.ContainsRune(Alphabet, c) {
			return false
		}
	}
	return true
}

// FormatCode shows a code as XXXX-XXXX[XX].
func FormatCode(code string) string {
	if len(code) <= LocatorLen {
		return code
	}
	return code[:LocatorLen] + "-" + code[LocatorLen:]
}

// Link is the form of a code that can be sent as a link.
func Link(code string) string { return LinkPrefix + code }
