package xconn

import (
	"bytes"
	"errors"
	"testing"
)

// record is one entry of an authority file.
func record(family uint16, address, number, name, data string) []byte {
	b := []byte{byte(family >> 8), byte(family)}
	for _, s := range []string{address, number, name, data} {
		b = append(append(b, byte(len(s)>>8), byte(len(s))), s...)
	}
	return b
}

func TestFindCookie(t *testing.T) {
	const magic, a, b = "MIT-MAGIC-COOKIE-1", "aaaaaaaaaaaaaaaa", "bbbbbbbbbbbbbbbb"
	for name, c := range map[string]struct {
		file []byte
		host string
		want string
	}{
		"local":             {record(256, "me", "7", magic, a), "", a},
		"other number":      {record(256, "me", "8", magic, a), "", ""},
		"other machine":     {record(256, "you", "7", magic, a), "", ""},
		"any number":        {record(256, "me", "", magic, a), "", a},
		"wild":              {record(65535, "", "", magic, a), "", a},
		"second record":     {append(record(256, "me", "8", magic, a), record(256, "me", "7", magic, b)...), "", b},
		"other protocol":    {append(record(256, "me", "7", "XDM", a), record(256, "me", "7", magic, b)...), "", b},
		"wrong length":      {record(256, "me", "7", magic, "short"), "", ""},
		"cut short":         {record(256, "me", "7", magic, a)[:20], "", ""},
		"internet":          {record(0, "\x0a\x00\x00\x01", "7", magic, a), "10.0.0.1", a},
		"internet, another": {record(0, "\x0a\x00\x00\x01", "7", magic, a), "10.0.0.2", ""},
	} {
		t.Run(name, func(t *testing.T) {
			if got := findCookie(bytes.NewReader(c.file), "me", c.host, "7"); string(got) != c.want {
				t.Errorf("findCookie = %q, want %q", got, c.want)
			}
		})
	}
}

func TestDialErrors(t *testing.T) {
	t.Setenv("DISPLAY", "")
	for _, name := range []string{"", "nonsense", ":", ":x", ":-1", ":0.x", ":59999", ":99999999"} {
		if _, err := DialSocket(name); !errors.Is(err, ErrNoDisplay) {
			t.Errorf("DialSocket(%q) = %v, want ErrNoDisplay", name, err)
		}
	}
}
