package wire

import (
	"encoding/binary"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// MaxChat is the longest chat message, in bytes of UTF-8.
const MaxChat = 4096

// Chat is one message of the chat channel: what somebody said, or that it has arrived.
type Chat struct {
	ID   uint32 // of the message, counted by who said it
	Text string // what was said; "" says that ID has arrived
}

const (
	tSaid = 1 + iota
	tGot
)

// AppendChat appends m's bytes to b.
func AppendChat(b []byte, m Chat) []byte {
	if m.Text == "" {
		return binary.BigEndian.AppendUint32(append(b, tGot), m.ID)
	}
	return append(binary.BigEndian.AppendUint32(append(b, tSaid), m.ID), m.Text...)
}

// ParseChat reads one message of the chat channel. Text is as it came, UTF-8 but not yet fit to be
// shown: see CleanText. Errors wrap ErrBad and say nothing of what was said.
func ParseChat(b []byte) (Chat, error) {
	if len(b) < 5 {
		return Chat{}, fmt.Errorf("%w: chat of %d bytes", ErrBad, len(b))
	}
	m, text := Chat{ID: binary.BigEndian.Uint32(b[1:])}, b[5:]
	switch {
	case b[0] == tGot && len(text) == 0:
		return m, nil
	case b[0] == tSaid && len(text) > 0 && len(text) <= MaxChat && utf8.Valid(text):
		m.Text = string(text)
		return m, nil
	}
	return Chat{}, fmt.Errorf("%w: chat", ErrBad)
}

// Mark is what stands for a character that could make text look like something else.
const Mark = '�'

// maxMarks bounds the accents on one letter, maxBreaks the line breaks in a row.
const (
	maxMarks  = 4
	maxBreaks = 2
)

// CleanText makes what somebody wrote safe to be shown: line breaks become "\n" and tabs spaces;
// control characters and those that turn the direction of writing become Mark; what cannot be seen
// is left out; accents piled on one letter and empty lines beyond a few are left out; space at
// either end goes. It is never longer than MaxChat bytes.
func CleanText(s string) string {
	s = strings.ReplaceAll(strings.ToValidUTF8(s, string(Mark)), "\r\n", "\n")
	var b strings.Builder
	marks, breaks := 0, 0
	for _, r := range s {
		if r == '\r' || r == '\u2028' || r == '\u2029' || r == '\u0085' || r == '\v' || r == '\f' {
			r = '\n'
		}
		switch {
		case r == '\n':
			if breaks++; breaks > maxBreaks {
				continue
			}
		case unicode.IsSpace(r):
			r = ' '
		case unicode.IsControl(r) || turns(r):
			r = Mark
		case unicode.Is(unicode.Cf, r) || unseen(r) || !unicode.IsGraphic(r) && !unicode.Is(unicode.Co, r) && r != Mark:
			continue
		}
		if unicode.Is(unicode.M, r) {
			if marks++; marks > maxMarks {
				continue
			}
		} else {
			marks = 0
		}
		if r != '\n' && r != ' ' {
			breaks = 0
		}
		if b.Len()+utf8.RuneLen(r) > MaxChat {
			break
		}
		b.WriteRune(r)
	}
	return strings.TrimSpace(b.String())
}

// turns says whether r changes the direction in which what follows is written.
func turns(r rune) bool {
	return r == 0x061C || r == 0x200E || r == 0x200F || r >= 0x202A && r <= 0x202E || r >= 0x2066 && r <= 0x2069
}

// unseen says whether r draws nothing although it is a letter or a mark.
func unseen(r rune) bool {
	switch r {
	case 0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x3164, 0xFFA0, 0x2800:
		return true
	}
	return r >= 0xFE00 && r <= 0xFE0F || r >= 0xE0100 && r <= 0xE01EF
}
