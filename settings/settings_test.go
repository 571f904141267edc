//go:build unix

package settings

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"beside/policy"
)

const (
	tenantA = "11111111-2222-3333-4444-555555555555"
	tenantB = "99999999-2222-3333-4444-555555555555"
)

// write puts files into a new folder.
func write(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// mine is the owner of the test's files.
func mine() uint32 { return uint32(os.Getuid()) }

func TestPrecedence(t *testing.T) {
	env := map[string]string{"BESIDE_ENDPOINT": "https://env.example", "BESIDE_TENANT": tenantB}
	dir := write(t, map[string]string{
		"10-base.json":    `{"endpoint": "https://base.example", "lang": "en", "defaults": {"look": "dark", "client-id": "from-default", "api": "default-api"}}`,
		"20-site.json":    `{"endpoint": "https://site.example"}`,
		"30-off.json.bak": `not read`,
		".40-off.json":    `not read`,
	})
	own := filepath.Join(write(t, map[string]string{"settings.json": `{"lang": "nl", "look": "light", "api": "own-api", "tenant": "` + tenantA + `"}`}), "settings.json")
	s, err := Load(Options{
		Policy: Dir(dir, mine()), Own: own, Getenv: func(n string) string { return env[n] },
		Flags: map[Key]string{Endpoint: "https://flag.example", API: "flag-api", Rights: "view control clipboard", InjectedConsent: "true"},
	})
	if err != nil {
		t.Fatal(err)
	}
	site := filepath.Join(dir, "20-site.json")
	base := filepath.Join(dir, "10-base.json")
	for k, want := range map[Key]Value{
		Endpoint: {
			Text: "https://site.example", From: Origin{Managed, site}, Locked: true,
			Ignored: []Origin{{Managed, base}, {Flag, "flag -endpoint"}, {Environment, "environment BESIDE_ENDPOINT"}},
		},
		Lang:            {Text: "en", From: Origin{Managed, base}, Locked: true, Ignored: []Origin{{Own, own}}},
		Look:            {Text: "light", From: Origin{Own, own}, Ignored: []Origin{{ManagedDefault, base}}},
		ClientID:        {Text: "from-default", From: Origin{ManagedDefault, base}},
		API:             {Text: "flag-api", From: Origin{Flag, "flag -api"}, Ignored: []Origin{{Own, own}, {ManagedDefault, base}}},
		Tenant:          {Text: tenantB, From: Origin{Environment, "environment BESIDE_TENANT"}, Ignored: []Origin{{Own, own}}},
		Anchor:          {},
		Rights:          {Text: "view control"},
		InjectedConsent: {Text: "false"},
	} {
		want.Key = k
		got := s.Get(k)
		if got.Text != want.Text || got.From != want.From || got.Locked != want.Locked || !slices.Equal(got.Ignored, want.Ignored) {
			t.Errorf("%s:\n got %+v\nwant %+v", k, got, want)
		}
	}
	var b strings.Builder
	if err := s.Show(&b); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"https://site.example", "managed policy, " + site + " (locked)", "not used: command line, flag -endpoint", "(not set)"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("Show has no %q:\n%s", want, b.String())
		}
	}
}

func TestCeiling(t *testing.T) {
	for name, c := range map[string]struct {
		managed, own string
		want         policy.Right
		narrowed     bool
	}{
		"nothing said":                  {"", "", policy.View | policy.Control, false},
		"managed narrows":               {`{"rights": ["view"]}`, "", policy.View, false},
		"managed forbids everything":    {`{"rights": []}`, "", 0, false},
		"managed widens":                {`{"rights": ["view", "control", "clipboard"]}`, "", policy.View | policy.Control | policy.Clipboard, false},
		"the person cannot widen":       {`{"rights": ["view"]}`, `{"rights": ["view", "control"]}`, policy.View, false},
		"the person cannot widen alone": {"", `{"rights": ["view", "elevate"]}`, policy.View, true},
		"the person narrows":            {`{"rights": ["view", "control"]}`, `{"rights": ["view"]}`, policy.View, true},
		"the person forbids everything": {"", `{"rights": []}`, 0, true},
	} {
		t.Run(name, func(t *testing.T) {
			files := map[string]string{}
			if c.managed != "" {
				files["a.json"] = c.managed
			}
			dir := write(t, files)
			own := filepath.Join(t.TempDir(), "own.json")
			if c.own != "" {
				if err := os.WriteFile(own, []byte(c.own), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			s, err := Load(Options{Policy: Dir(dir, mine()), Own: own})
			if err != nil {
				t.Fatal(err)
			}
			v := s.Get(Rights)
			if s.Rights() != c.want || (v.Narrowed != "") != c.narrowed || v.Locked != (c.managed != "") {
				t.Errorf("rights %v, %+v; want %v", s.Rights(), v, c.want)
			}
		})
	}
	var none *Settings
	if none.Rights() != 0 || none.InjectedConsent() {
		t.Error("no settings allow something")
	}
}

func TestBadFilesAreAllNamed(t *testing.T) {
	dir := write(t, map[string]string{
		"10.json": `{"endpoint": "http://plain.example", "tenant": "halden", "colour": "red", "look": "light"}`,
		"20.json": `{"endpoint": "https://a.example", "endpoint": "https://b.example"}`,
		"30.json": `{"rights": ["view", "fly"]}`,
		"40.json": `{"rights": "view"}`,
		"50.json": `{"lang": "en"} {"lang": "nl"}`,
		"60.json": ``,
		"70.json": `[1]`,
		"80.json": `{"defaults": {"rights": ["view"]}, "allow-injected-consent": "true"}`,
		"90.json": `{"anchor": "AAAA"}`,
		"91.json": strings.Repeat(" ", maxText) + `{}`,
		"92.json": `{"lang": "` + "\x1b[2J" + `"}`,
		"93.json": `{"` + strings.Repeat("\\u001b", 30) + `": ""}`,
	})
	own := filepath.Join(write(t, map[string]string{"s.json": `{"allow-injected-consent": true}`}), "s.json")
	s, err := Load(Options{Policy: Dir(dir, mine()), Own: own, Flags: map[Key]string{Look: "pink"}})
	var p Problems
	if s != nil || !errors.Is(err, ErrInvalid) || !errors.As(err, &p) {
		t.Fatalf("Load: %v, %v", s, err)
	}
	text := err.Error()
	for _, want := range []string{
		"10.json: endpoint is not https", "10.json: tenant is not a GUID", `10.json: "colour" is no setting`, `20.json: "endpoint" stands twice`,
		"30.json: rights names an unknown right", "40.json: rights is not a list", "50.json: has something after", "60.json: is empty", "70.json: is not a JSON object",
		"80.json: rights cannot be set here", "80.json: allow-injected-consent is not true or false", "90.json: anchor is not the base64", "91.json: is larger than 64 KiB",
		"92.json: is not JSON", `93.json: "\x1b`, "s.json: allow-injected-consent cannot be set here", "flag -look: is not one of light, dark",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in:\n%s", want, text)
		}
	}
	if strings.ContainsRune(text, 0x1b) {
		t.Error("the error has control characters of the file")
	}
}

func TestWhoMayWrite(t *testing.T) {
	good := `{"lang": "en"}`
	for name, c := range map[string]struct {
		spoil func(t *testing.T, dir string)
		owner uint32
		want  string // "" is no error
	}{
		"right":              {func(*testing.T, string) {}, mine(), ""},
		"somebody else's":    {func(*testing.T, string) {}, mine() + 1, "belongs to user"},
		"file for the group": {func(t *testing.T, dir string) { chmod(t, filepath.Join(dir, "a.json"), 0o664) }, mine(), "can be written by others"},
		"folder for all":     {func(t *testing.T, dir string) { chmod(t, dir, 0o777) }, mine(), "can be written by others"},
		"a pipe": {func(t *testing.T, dir string) {
			if err := syscall.Mkfifo(filepath.Join(dir, "b.json"), 0o644); err != nil {
				t.Fatal(err)
			}
		}, mine(), "b.json: is not a regular file"},
		"a folder": {func(t *testing.T, dir string) {
			if err := os.Mkdir(filepath.Join(dir, "b.json"), 0o755); err != nil {
				t.Fatal(err)
			}
		}, mine(), "b.json: is not a regular file"},
		"a dead link": {func(t *testing.T, dir string) {
			if err := os.Symlink("nowhere", filepath.Join(dir, "b.json")); err != nil {
				t.Fatal(err)
			}
		}, mine(), "b.json: no such file"},
		"too many": {func(t *testing.T, dir string) {
			for i := range maxFiles {
				if err := os.WriteFile(filepath.Join(dir, string(rune('b'+i))+".json"), []byte(good), 0o644); err != nil {
					t.Fatal(err)
				}
			}
		}, mine(), "has more than 64 files"},
		"no folder": {func(t *testing.T, dir string) {
			if err := os.RemoveAll(dir); err != nil {
				t.Fatal(err)
			}
		}, mine(), ""},
	} {
		t.Run(name, func(t *testing.T) {
			dir := write(t, map[string]string{"a.json": good})
			c.spoil(t, dir)
			_, err := Load(Options{Policy: Dir(dir, c.owner)})
			if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}

func chmod(t *testing.T, path string, mode os.FileMode) {
	t.Helper()
	if err := os.Chmod(path, mode); err != nil {
		t.Fatal(err)
	}
}

func FuzzDecode(f *testing.F) {
	for _, s := range []string{`{}`, `{"lang":"en","defaults":{"look":"dark"},"rights":["view"]}`, `{"rights":[]}`, `{"a":{"a":{}}}`, `[`, `{"lang":"en"}x`, "\xef\xbb\xbf{}"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		bad := 0
		l := decode(text, inPolicy, func(err error) {
			if bad++; strings.ContainsFunc(err.Error(), func(r rune) bool { return r < ' ' || r == 0x7f }) {
				t.Errorf("control characters in %q", err)
			}
		})
		for _, m := range []map[Key]string{l.values, l.defaults} {
			for k, v := range m {
				if s := find(k); s == nil || s.valid(v) != nil {
					t.Errorf("%q: %q was taken", k, v)
				}
			}
		}
	})
}
