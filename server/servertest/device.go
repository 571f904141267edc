package servertest

import (
	"bytes"
	"encoding/json"
	"net/http"
	"testing"

	"beside/auth/machinekey"
	"beside/policy/api"
)

// Enrol makes a key and has it enrolled with a token. origin is what the endpoint calls itself.
func Enrol(t testing.TB, client *http.Client, url, origin, tenant, token string) (*machinekey.Key, *api.Problem) {
	t.Helper()
	k, err := machinekey.New(origin, tenant)
	if err != nil {
		t.Fatal(err)
	}
	got, p := AskToEnrol(t, client, url, api.Enrol{Tenant: tenant, Token: token, Public: k.Public(), Signature: k.Ask(token), Name: "HLD-NEW-1", OS: "Debian 12"})
	return k.Enrolled(got.Device), p
}

// AskToEnrol sends one request to enrol as it is.
func AskToEnrol(t testing.TB, client *http.Client, url string, e any) (got api.Enrolled, p *api.Problem) {
	t.Helper()
	b, err := json.Marshal(e)
	if err != nil {
		t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url+"/v1/devices/enrol", bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	resp, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var out any = &got
	if resp.StatusCode != http.StatusOK {
		p = &api.Problem{}
		out = p
	}
	if err := json.NewDecoder(resp.Body).Decode(out); err != nil {
		t.Fatal(err)
	}
	return got, p
}

// Prove makes the connection speak for the key's device.
func (a *App) Prove(k *machinekey.Key) *api.Problem {
	a.t.Helper()
	var n api.DeviceNonce
	a.Must(api.TypeDeviceNonce, struct{}{}, &n)
	return a.Ask(api.TypeDeviceProve, api.DeviceProof{Device: k.Device(), Signature: k.Prove(n.Nonce)}, nil)
}
