package wire_test

import (
	"errors"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"beside/session/wire"
)

func TestChatRoundTrip(t *testing.T) {
	for name, m := range map[string]wire.Chat{
		"said":    {ID: 1 << 31, Text: "Zal ik erop klikken? <b>&"},
		"arrived": {ID: 7},
		"longest": {ID: 1, Text: strings.Repeat("é", wire.MaxChat/2)},
	} {
		t.Run(name, func(t *testing.T) {
			if got, err := wire.ParseChat(wire.AppendChat(nil, m)); err != nil || got != m {
				t.Fatalf("got %v, %v", got, err)
			}
		})
	}
}

func TestChatRefuses(t *testing.T) {
	for name, b := range map[string][]byte{
		"empty": {}, "short": {1, 0, 0, 0}, "unknown type": {3, 0, 0, 0, 1}, "nothing said": {1, 0, 0, 0, 1},
		"receipt with words": {2, 0, 0, 0, 1, 'a'}, "not UTF-8": {1, 0, 0, 0, 1, 0xFF},
		"too long": append([]byte{1, 0, 0, 0, 1}, strings.Repeat("a", wire.MaxChat+1)...),
	} {
		t.Run(name, func(t *testing.T) {
			if m, err := wire.ParseChat(b); !errors.Is(err, wire.ErrBad) {
				t.Fatalf("got %v, %v", m, err)
			}
		})
	}
}

// Row 31: what was written can look like nothing else.
func TestCleanText(t *testing.T) {
	for name, c := range map[string]struct{ in, want string }{
		"plain":              {"Hoi Sam, 10 €!", "Hoi Sam, 10 €!"},
		"lines":              {"a\r\nb\rc\u2028d", "a\nb\nc\nd"},
		"empty lines":        {"a\n\n\n\n\n \n\nb", "a\n\n b"},
		"tab":                {"a\tb", "a b"},
		"bell and escape":    {"a\x07\x1b[31mb", "a��[31mb"},
		"C1":                 {"a\u009bb", "a�b"},
		"bidi override":      {"gpj.\u202eexe.moc", "gpj.�exe.moc"},
		"bidi isolate":       {"\u2066a\u2069", "�a�"},
		"zero width":         {"pay\u200bpal\ufeff\u2060", "paypal"},
		"soft hyphen":        {"pay\u00adpal", "paypal"},
		"tags":               {"hi\U000E0068\U000E0069", "hi"},
		"Hangul filler":      {"\u3164a", "a"},
		"piled accents":      {"a" + strings.Repeat("\u0301", 50), "a" + strings.Repeat("\u0301", 4)},
		"emoji":              {"👍🏽 ok", "👍🏽 ok"},
		"right-to-left text": {"שלום", "שלום"},
		"markup":             {"<a href=x>[y](z)</a>", "<a href=x>[y](z)</a>"},
		"bad UTF-8":          {"a\xffb", "a�b"},
		"blank":              {" \u200b\n\t ", ""},
	} {
		t.Run(name, func(t *testing.T) {
			if got := wire.CleanText(c.in); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
	if n := len(wire.CleanText(strings.Repeat("€", wire.MaxChat))); n > wire.MaxChat || n < wire.MaxChat-3 {
		t.Errorf("%d bytes", n)
	}
}

func FuzzChat(f *testing.F) {
	f.Add([]byte{2, 0, 0, 0, 1})
	f.Add(wire.AppendChat(nil, wire.Chat{ID: 3, Text: "a\u202eb\u200b\n\n\n\n c"}))
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := wire.ParseChat(b)
		if err != nil {
			return
		}
		if string(wire.AppendChat(nil, m)) != string(b) {
			t.Fatalf("%q is not what it was", b)
		}
		s := wire.CleanText(m.Text)
		if !utf8.ValidString(s) || len(s) > wire.MaxChat || wire.CleanText(s) != s {
			t.Fatalf("%q becomes %q becomes %q", m.Text, s, wire.CleanText(s))
		}
		for _, r := range s {
			if r != '\n' && (unicode.IsControl(r) || unicode.Is(unicode.Cf, r)) {
				t.Fatalf("%q keeps %U", s, r)
			}
		}
	})
}
