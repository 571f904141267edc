package main

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"beside/auth/machinekey"
	"beside/policy/api"
	"beside/policy/client"
)

const (
	testTenant = "11111111-1111-4111-8111-111111111111"
	testDevice = "22222222-2222-4222-8222-222222222222"
)

// endpoint enrols whoever has the token "good".
func enrolEndpoint(t *testing.T) (*client.Client, *[]byte) {
	t.Helper()
	var key []byte
	srv := httptest.NewUnstartedServer(nil)
	srv.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var e api.Enrol
		_ = json.NewDecoder(r.Body).Decode(&e)
		if e.Token != "good" || !machinekey.Asks(e.Public, strings.ToLower(srv.URL), e.Tenant, e.Token, e.Signature) {
			w.WriteHeader(http.StatusForbidden)
			_ = json.NewEncoder(w).Encode(api.Problem{Code: api.EnrolInvalid})
			return
		}
		key = e.Public
		_ = json.NewEncoder(w).Encode(api.Enrolled{Device: testDevice, Name: "Bench"})
	})
	srv.StartTLS()
	t.Cleanup(srv.Close)
	c, err := client.New(client.Config{Endpoint: srv.URL, HTTP: srv.Client(), Token: func(context.Context) (string, error) { return "", nil }})
	if err != nil {
		t.Fatal(err)
	}
	return c, &key
}

func TestEnrolKeepsTheOldKeyUntilTheNewOneCounts(t *testing.T) {
	c, key := enrolEndpoint(t)
	file := filepath.Join(t.TempDir(), "state", "device.json")
	log := slog.New(slog.NewTextHandler(&bytes.Buffer{}, nil))
	if deviceKey(file, c.Origin(), testTenant, log) != nil {
		t.Error("a key from nowhere")
	}
	for _, token := range []string{"", "bad"} {
		if _, err := enrolWith(t.Context(), c, testTenant, token, file); err == nil || token != "" && strings.Contains(err.Error(), token+" ") {
			t.Errorf("%q: %v", token, err)
		}
	}
	if _, err := os.Stat(file); err == nil {
		t.Error("a key was kept that counts nowhere")
	}
	if got, err := enrolWith(t.Context(), c, testTenant, "good", file); err != nil || got.Device != testDevice {
		t.Fatalf("%+v %v", got, err)
	}
	if _, err := enrolWith(t.Context(), c, testTenant, "bad", file); err == nil {
		t.Error("a bad token was taken")
	}
	k := deviceKey(file, c.Origin(), testTenant, log)
	if k == nil || k.Device() != testDevice || !bytes.Equal(k.Public(), *key) {
		t.Error("the key is not the one that was enrolled")
	}
	p := parts{device: k, client: c, log: log}
	if e := p.evidence(); e.ID != testDevice || e.Name == "" {
		t.Errorf("%+v", e)
	}
	for name, at := range map[string][2]string{"other endpoint": {"https://other.example", testTenant}, "other organisation": {c.Origin(), testDevice}} {
		if deviceKey(file, at[0], at[1], log) != nil {
			t.Error(name)
		}
	}
	if err := os.Chmod(file, 0o644); err != nil {
		t.Fatal(err)
	}
	if deviceKey(file, c.Origin(), testTenant, log) != nil {
		t.Error("a key that others can read")
	}
}

func TestTokenComesFromAFileOrStandardInput(t *testing.T) {
	file := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(file, []byte("good\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got, err := readToken(file, nil); err != nil || got != "good" {
		t.Errorf("file: %q %v", got, err)
	}
	if got, err := readToken("-", strings.NewReader(" good \nmore")); err != nil || got != "good" {
		t.Errorf("standard input: %q %v", got, err)
	}
	if got, err := readToken("-", strings.NewReader("good")); err != nil || got != "good" {
		t.Errorf("without an end of line: %q %v", got, err)
	}
	if err := os.Chmod(file, 0o640); err != nil {
		t.Fatal(err)
	}
	if _, err := readToken(file, nil); err == nil {
		t.Error("a file that others can read")
	}
}
