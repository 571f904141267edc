package main

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"beside/policy/anchor"
)

const (
	tenant = "11111111-1111-4111-8111-111111111111"
	id     = "22222222-2222-4222-8222-222222222222"
)

// call runs the command with a passphrase on standard input.
func call(t *testing.T, passphrase string, args ...string) (out, errs string, err error) {
	t.Helper()
	in := filepath.Join(t.TempDir(), "in")
	if err := os.WriteFile(in, []byte(passphrase+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(in)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var o, e bytes.Buffer
	err = run(t.Context(), args, f, &o, &e)
	return o.String(), e.String(), err
}

func TestCommands(t *testing.T) {
	const pass = "correct horse battery"
	dir := t.TempDir()
	file := filepath.Join(dir, "anchor")
	must := func(args ...string) (string, string) {
		t.Helper()
		out, errs, err := call(t, pass, args...)
		if err != nil {
			t.Fatalf("%v: %v", args, err)
		}
		return out, errs
	}
	keep := func(name, text string) string {
		t.Helper()
		p := filepath.Join(dir, name)
		if err := os.WriteFile(p, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return p
	}
	shown, _ := must("new", "-file", file)
	if again, _ := must("show", "-file", file); again != shown || !strings.Contains(shown, "anchor  ") {
		t.Errorf("%q %q", shown, again)
	}
	if p, _ := must("show", "-file", file, "-pem"); !strings.HasPrefix(p, "-----BEGIN PUBLIC KEY-----") {
		t.Errorf("%q", p)
	}
	key := base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{1}, 32))
	device, errs := must("device", "-file", file, "-tenant", tenant, "-device", id, "-key", key)
	serial := regexp.MustCompile(`serial ([0-9a-f]{16})`).FindStringSubmatch(errs)
	if serial == nil {
		t.Fatalf("%q", errs)
	}
	helper, _ := must("helper", "-file", file, "-tenant", tenant, "-helper", id, "-key", key, "-devices", id, "-rights", "view,control")
	request := func(seq uint64, current string) string {
		b, err := json.Marshal(anchor.Request{Tenant: tenant, KID: "k", Public: bytes.Repeat([]byte{2}, 32), NotBefore: 1, Seq: seq, Current: strings.TrimSpace(current)})
		if err != nil {
			t.Fatal(err)
		}
		return keep("request", string(b))
	}
	first, _ := must("statement", "-file", file, "-first", request(1, ""))
	second, _ := must("statement", "-file", file, "-revoke", serial[1], request(2, first))
	d, h := keep("device", device), keep("helper", helper)
	if out, _ := must("verify", "-file", file, "-tenant", tenant, "-statement", keep("s1", first), d); !strings.Contains(out, serial[1]) {
		t.Errorf("%q", out)
	}
	must("verify", "-file", file, "-tenant", tenant, h)
	must("verify", "-file", file, "-tenant", tenant, keep("s2", second))
	passFile := keep("pass", pass)
	must("device", "-file", file, "-passphrase-file", passFile, "-tenant", tenant, "-device", id, "-key", key)

	if err := os.Chmod(passFile, 0o644); err != nil {
		t.Fatal(err)
	}
	for name, args := range map[string][]string{
		"nothing":              {"fly", "-file", file},
		"no file":              {"show"},
		"a second anchor":      {"new", "-file", file},
		"revoked":              {"verify", "-file", file, "-tenant", tenant, "-statement", filepath.Join(dir, "s2"), d},
		"another tenant":       {"verify", "-file", file, "-tenant", id, d},
		"too long":             {"helper", "-file", file, "-tenant", tenant, "-helper", id, "-key", key, "-devices", id, "-rights", "view", "-days", "31"},
		"an open passphrase":   {"device", "-file", file, "-passphrase-file", passFile, "-tenant", tenant, "-device", id, "-key", key},
		"forgets what counted": {"statement", "-file", file, "-first", request(2, first)},
	} {
		if out, _, err := call(t, pass, args...); err == nil {
			t.Errorf("%s: %q", name, out)
		}
	}
	if _, _, err := call(t, "another passphrase", "device", "-file", file, "-tenant", tenant, "-device", id, "-key", key); err == nil {
		t.Error("any passphrase will do")
	}
}
