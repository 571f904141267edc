package main

import (
	"errors"
	"flag"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"beside/server/manage"
)

func TestRelayFlags(t *testing.T) {
	dir := t.TempDir()
	file := func(name, text string, mode os.FileMode) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), mode); err != nil {
			t.Fatal(err)
		}
		return path
	}
	good := file("good", "0123456789abcdef\n", 0o600)
	open := file("open", "0123456789abcdef\n", 0o644)
	short := file("short", "secret\n", 0o600)
	const turn = "-turn-url turn:turn.example:3478?transport=udp "
	for name, tt := range map[string]struct {
		args             string
		ok               bool
		listen           string
		overTLS, outside bool
	}{
		"by itself":          {"", true, ":3478", true, false},
		"one port":           {"-relay=", true, "", true, false},
		"none":               {"-relay= -relay-tls=false", true, "", false, false},
		"coturn":             {turn + "-turn-secret-file " + good, true, "", false, true},
		"without its secret": {turn, false, "", false, false},
		"without its URL":    {"-turn-secret-file " + good, false, "", false, false},
		"secret for all":     {turn + "-turn-secret-file " + open, false, "", false, false},
		"short secret":       {turn + "-turn-secret-file " + short, false, "", false, false},
		"both":               {turn + "-relay :3478 -turn-secret-file " + good, false, "", false, false},
		"not a URL":          {"-turn-url turn.example -turn-secret-file " + good, false, "", false, false},
	} {
		t.Run(name, func(t *testing.T) {
			fs := flag.NewFlagSet("", flag.ContinueOnError)
			fs.SetOutput(io.Discard)
			var r relayFlags
			r.add(fs)
			if err := fs.Parse(strings.Fields(tt.args)); err != nil {
				t.Fatal(err)
			}
			c, err := r.config(func(name string) (is bool) {
				fs.Visit(func(f *flag.Flag) { is = is || f.Name == name })
				return is
			})
			if (err == nil) != tt.ok || err != nil && !errors.Is(err, manage.ErrUsage) {
				t.Fatal(err)
			}
			if c.Listen != tt.listen || c.TLS != tt.overTLS || (c.External != nil) != tt.outside {
				t.Errorf("%+v", c)
			}
		})
	}
}
