package main

import (
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"beside/server/manage"
	"beside/server/node"
)

const (
	tid = "11111111-1111-4111-8111-111111111111"
	cid = "22222222-2222-4222-8222-222222222222"
)

func base(dir string) []string {
	return []string{"-data", dir, "-listen", "127.0.0.1:0", "-origin", "https://help.example", "-tenant", tid, "-client-id", cid, "-api", "api://" + cid}
}

func TestRefusesToStart(t *testing.T) {
	for name, args := range map[string][]string{
		"nothing":            {},
		"no data folder":     {"-tenant", tid, "-client-id", cid, "-api", "api://x"},
		"unknown flag":       {"-dev"},
		"bad tenant":         {"-tenant", "common"},
		"personal accounts":  {"-tenant", "consumers"},
		"loopback authority": {"-authority", "https://127.0.0.1:8443"},
		"loopback name":      {"-authority", "https://localhost"},
		"loopback subdomain": {"-authority", "https://login.localhost"},
		"IP-literal":         {"-authority", "https://10.1.2.3"},
		"IPv6 literal":       {"-authority", "https://[2001:db8::1]"},
		"plain http":         {"-authority", "http://login.microsoftonline.com"},
		"short name":         {"-authority", "https://idp"},
		"no origin":          {"-origin", ""},
		"api without id":     {"-api", "https://api.example"},
		"half of coturn":     {"-turn-url", "turn:turn.example"},
		"half of TLS":        {"-tls-cert", "x.pem"},
		"unknown command":    {"fly"},
		"words after serve":  {"serve", "now"},
	} {
		t.Run(name, func(t *testing.T) {
			if name != "nothing" && name != "no data folder" {
				args = append(base(t.TempDir()), args...)
			}
			if err := run(t.Context(), args, io.Discard, io.Discard); !errors.Is(err, manage.ErrUsage) {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestRefusesADevelopmentFolder(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, node.Marker), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, words := range [][]string{{"serve"}, {"settings", "get"}} {
		if err := run(t.Context(), append(base(dir), words...), io.Discard, io.Discard); !errors.Is(err, node.ErrDevelopment) {
			t.Errorf("%v: %v", words, err)
		}
	}
}

func TestConsole(t *testing.T) {
	dir := t.TempDir()
	var out strings.Builder
	for _, line := range []string{"settings -data DIR -tenant " + tid + " set licence=trial enabled=true", "-data DIR settings get", "audit verify -data DIR"} {
		out.Reset()
		if err := run(t.Context(), strings.Fields(strings.ReplaceAll(line, "DIR", dir)), &out, io.Discard); err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		if line == "-data DIR settings get" && !strings.Contains(out.String(), "enabled=true") {
			t.Errorf("settings: %s", &out)
		}
	}
	if err := run(t.Context(), []string{"-data", filepath.Join(dir, "none"), "settings", "get"}, io.Discard, io.Discard); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a mistyped folder: %v", err)
	}
}

func TestDatabaseKeepsItsPassword(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string, mode os.FileMode) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), mode); err != nil {
			t.Fatal(err)
		}
		return path
	}
	const secret = "postgres://u:hunter2@db/beside"
	for name, tt := range map[string]struct {
		arg, file, env, want string
		usage                bool
	}{
		"nothing":              {},
		"argument":             {arg: "postgres://u@db/beside?sslmode=verify-full", want: "postgres://u@db/beside?sslmode=verify-full"},
		"argument wins":        {arg: "postgresql://u@db/beside", env: secret, want: "postgresql://u@db/beside"},
		"environment":          {env: secret, want: secret},
		"file":                 {file: write("good", secret+"\n", 0o600), env: "postgres://other/x", want: secret},
		"password in argument": {arg: secret, usage: true},
		"empty password":       {arg: "postgres://u:@db/beside", usage: true},
		"password in query":    {arg: "postgres://u@db/beside?password=hunter2", usage: true},
		"key and value":        {arg: "host=db password=hunter2", usage: true},
		"argument and file":    {arg: "postgres://db/x", file: "y", usage: true},
		"open file":            {file: write("open", secret, 0o644), usage: true},
		"file without URL":     {file: write("empty", "hunter2", 0o600), usage: true},
		"other database":       {env: "mysql://u:hunter2@db/x", usage: true},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := database(tt.arg, tt.file, tt.env)
			if got != tt.want || errors.Is(err, manage.ErrUsage) != tt.usage || !tt.usage && err != nil {
				t.Errorf("got %q %v", got, err)
			}
			if err != nil && strings.Contains(err.Error(), "hunter2") {
				t.Errorf("the error holds the password: %v", err)
			}
		})
	}
}

func TestMigrateAndBackup(t *testing.T) {
	t.Setenv("DATABASE_URL", "")
	dir := t.TempDir()
	copied := filepath.Join(dir, "copy.db")
	var out strings.Builder
	do := func(line string) error {
		out.Reset()
		return run(t.Context(), strings.Fields(strings.ReplaceAll(line, "DIR", dir)), &out, io.Discard)
	}
	for _, line := range []string{
		"migrate -data DIR", "settings set licence=trial enabled=true -data DIR -tenant " + tid, "admin grant " + cid + " role=auditor -data DIR",
		"backup " + copied + " -data DIR",
	} {
		if err := do(line); err != nil {
			t.Fatalf("%s: %v", line, err)
		}
	}
	if err := do("backup " + copied + " -data DIR"); !errors.Is(err, os.ErrExist) {
		t.Errorf("a backup is overwritten: %v", err)
	}
	if fi, err := os.Stat(copied); err != nil || fi.Mode().Perm() != 0o600 {
		t.Errorf("mode %v %v", fi.Mode(), err)
	}
	// The copy is an endpoint's database.
	other := t.TempDir()
	if err := os.Rename(copied, filepath.Join(other, node.DatabaseFile)); err != nil {
		t.Fatal(err)
	}
	dir = other
	if err := do("admin list -data DIR"); err != nil || !strings.Contains(out.String(), cid+"  auditor") {
		t.Errorf("restored: %q %v", &out, err)
	}
	for _, bad := range []string{"admin grant " + cid + " role=owner -data DIR", "admin grant somebody -data DIR", "backup -data DIR", "migrate now -data DIR"} {
		if err := do(bad); !errors.Is(err, manage.ErrUsage) {
			t.Errorf("%s: %v", bad, err)
		}
	}
	if err := do("admin revoke " + cid + " -data DIR"); err != nil {
		t.Error(err)
	}
}

// TestLinks reads the import graph of the release program: nothing for development, none of
// the apps' parts, and no cgo.
func TestLinks(t *testing.T) {
	cmd := exec.CommandContext(t.Context(), "go", "list", "-deps", ".")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	b, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	deps := strings.Fields(string(b))
	if len(deps) < 50 {
		t.Fatalf("only %d packages", len(deps))
	}
	for _, d := range deps {
		for _, bad := range []string{
			"beside/auth/devidp", "beside/auth/msal", "beside/server/directory/demo", "beside/server/servertest",
			"beside/session", "beside/app", "beside/capture", "beside/codec", "beside/input", "fyne.io/", "testing",
		} {
			if d == bad || strings.HasPrefix(d, bad+"/") || strings.HasSuffix(bad, "/") && strings.HasPrefix(d, bad) {
				t.Errorf("links %s", d)
			}
		}
	}
}
