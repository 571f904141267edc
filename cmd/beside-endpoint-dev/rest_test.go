package main

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
)

// TestAdminAPI asks the administration API with tokens that people really signed in for.
func TestAdminAPI(t *testing.T) {
	p := launch(t, t.TempDir())
	get := func(path, token string) (int, string) {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, p.line.Endpoint+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", "Bearer "+token)
		resp, err := p.client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		b, err := io.ReadAll(resp.Body)
		if err != nil {
			t.Fatal(err)
		}
		return resp.StatusCode, string(b)
	}
	noa := p.token("noa.winters@halden.example")
	for _, tt := range []struct {
		path, token string
		code        int
		want        string
	}{
		{"/api/v1/me", noa, 200, `"role":"admin"`},
		{"/api/v1/roles", noa, 200, "View only"},
		{"/api/v1/me", p.token("kit.marsh@halden.example"), 200, `"role":"auditor"`},
		{"/api/v1/me", p.token("sam.rivers@halden.example"), 403, "admin.role"},
		{"/api/v1/me", noa[:len(noa)-4] + "AAAA", 401, `"token"`},
	} {
		if code, body := get(tt.path, tt.token); code != tt.code || !strings.Contains(body, tt.want) {
			t.Errorf("%s: %d %s, want %d with %s", tt.path, code, body, tt.code, tt.want)
		}
	}
	if code, body := get("/openapi.json", ""); code != 200 || !json.Valid([]byte(body)) {
		t.Errorf("document: %d", code)
	}
}
