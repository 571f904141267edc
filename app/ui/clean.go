package ui

import (
	"strings"
	"unicode"
)

// maxName bounds what a name may take on a card, in runes. Directories allow 256.
const maxName = 128

// Clean makes a name safe to draw: no control, bidi or zero-width characters, runs of
// space become one, at most 128 runes. It never joins two words.
func Clean(s string) string {
	var b strings.Builder
	n, gap := 0, false
	for _, r := range s {
		switch {
		case unicode.IsSpace(r):
			gap = n > 0
			continue
		case !unicode.IsPrint(r) || unicode.Is(unicode.Cf, r) || invisible(r):
			continue
		}
		if gap {
			b.WriteByte(' ')
			n, gap = n+1, false
		}
		if n++; n > maxName {
			break
		}
		b.WriteRune(r)
	}
	return b.String()
}

// invisible are printable runes that draw nothing and could hide a difference.
func invisible(r rune) bool {
	switch r {
	case 0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x3164, 0xFFA0, 0x2800:
		return true
	}
	return r >= 0xFE00 && r <= 0xFE0F || r >= 0xE0100 && r <= 0xE01EF
}

// Initials are the first letters of the first and the last word of a name, "?" if it has none.
func Initials(name string) string {
	w := strings.FieldsFunc(Clean(name), func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsMark(r) && r != '\''
	})
	first := func(s string) string {
		for _, r := range s {
			if unicode.IsLetter(r) || unicode.IsDigit(r) {
				return string(unicode.ToUpper(r))
			}
		}
		return ""
	}
	switch len(w) {
	case 0:
		return "?"
	case 1:
		return first(w[0])
	}
	return first(w[0]) + first(w[len(w)-1])
}
