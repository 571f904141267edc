//go:build e2e

package e2e

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"beside/internal/proc"
	"beside/internal/stage"
)

// fails runs a program that must refuse at once, and returns what it says.
func fails(t *testing.T, name string, args ...string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	out, err := exec.CommandContext(ctx, bin(t, name), args...).CombinedOutput()
	if err == nil || ctx.Err() != nil {
		t.Fatalf("%s %s did not refuse: %v: %s", name, strings.Join(args, " "), ctx.Err(), out)
	}
	return string(out)
}

const guid = "10000000-0000-4000-8000-000000000001"

// TestReleaseApp: the released app cannot act by itself, cannot be told whom to trust, and
// speaks to no endpoint without TLS.
func TestReleaseApp(t *testing.T) {
	all := []string{"-endpoint", "https://help.halden.example", "-tenant", guid, "-client-id", guid, "-api", guid, "-state", t.TempDir()}
	for _, flag := range []string{"-auto", "-auto-user", "-auto-mode", "-fullscreen", "-browser", "-ca", "-relay-only"} {
		if out := fails(t, "beside", append(all, flag, "x")...); !strings.Contains(out, "not defined") {
			t.Errorf("%s: %s", flag, out)
		}
	}
	program, err := os.ReadFile(bin(t, "beside"))
	if err != nil {
		t.Fatal(err)
	}
	for _, word := range []string{"BESIDE_UI_MAP", "auto-user", "beside/auth/devidp", "beside/cmd/beside.(*parts).auto"} {
		if bytes.Contains(program, []byte(word)) {
			t.Errorf("the released app knows %q", word)
		}
	}
	if dev, err := os.ReadFile(bin(t, "beside-dev")); err != nil || !bytes.Contains(dev, []byte("BESIDE_UI_MAP")) {
		t.Errorf("the search finds nothing in the development build either: %v", err)
	}
	for name, args := range map[string][]string{
		"endpoint without TLS":          {"-endpoint", "http://help.halden.example"},
		"sign-in without TLS":           {"-authority", "http://login.halden.example/" + guid},
		"sign-in on this machine":       {"-authority", "https://127.0.0.1:8443/" + guid},
		"sign-in on this machine, name": {"-authority", "https://localhost/" + guid},
		"endpoint with a path":          {"-endpoint", "https://help.halden.example/x"},
		"endpoint with a user":          {"-endpoint", "https://a@help.halden.example"},
		"no endpoint":                   {"-endpoint", ""},
		"a link of something else":      {"https://halden.example/"},
		"a link with a flag":            {"beside://join#-endpoint"},
		"a link without code":           {"beside://join#"},
		"two links":                     {"beside://join#ABCDWXYZ", "beside://join#ABCDWXYZ"},
	} {
		t.Run(name, func(t *testing.T) {
			out := fails(t, "beside", append(all, args...)...)
			t.Log(strings.TrimSpace(out))
			if strings.Contains(out, "panic") || strings.Contains(out, "ABCDWXYZ") {
				t.Error(out)
			}
		})
	}
}

// TestReleaseEndpoint: the released endpoint will not use the folder of a development one.
func TestReleaseEndpoint(t *testing.T) {
	g, err := proc.New(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer g.Close()
	data := filepath.Join(t.TempDir(), "data")
	e, err := stage.StartEndpoint(t.Context(), g, stage.EndpointOptions{Binary: bin(t, "beside-endpoint-dev"), Data: data})
	if err != nil {
		t.Fatal(err)
	}
	serve := []string{"-data", data, "-listen", "127.0.0.1:0", "-origin", "https://help.halden.example", "-tenant", guid, "-client-id", guid, "-api", "api://" + guid}
	for name, args := range map[string][]string{
		"serve":                  serve,
		"console":                {"-data", data, "settings", "get"},
		"development's provider": {"-data", t.TempDir(), "-listen", "127.0.0.1:0", "-origin", "https://help.halden.example", "-tenant", guid, "-client-id", guid, "-api", "api://" + guid, "-authority", e.URL},
	} {
		t.Run(name, func(t *testing.T) { t.Log(strings.TrimSpace(fails(t, "beside-endpoint", args...))) })
	}
}
