package devidp

import (
	"crypto/sha256"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"
)

const (
	tenant = "11111111-1111-4111-8111-111111111111"
	client = "22222222-2222-4222-8222-222222222222"
	apiID  = "33333333-3333-4333-8333-333333333333"
	other  = "99999999-9999-4999-8999-999999999999"
)

type clock struct{ t time.Time }

func provider(t *testing.T) (*Provider, *clock) {
	t.Helper()
	c := &clock{time.Unix(1_800_000_000, 0)}
	p, err := New(Options{
		Base: "https://127.0.0.1:8444", AuthBase: "http://127.0.0.1:8445", Now: func() time.Time { return c.t },
		Users: []User{
			{Tenant: tenant, Object: "aaaaaaaa-0000-4000-8000-000000000001", Username: "helga@contoso.example", Name: "Helga <Helper>", Job: "Service desk"},
			{Tenant: tenant, Object: "aaaaaaaa-0000-4000-8000-000000000002", Username: "sam@contoso.example", Name: "Sam Sharer", Guest: true},
			{Tenant: other, Object: "aaaaaaaa-0000-4000-8000-000000000003", Username: "olaf@fabrikam.example", Name: "Olaf"},
		},
		Apps: []App{{ID: client}, {ID: apiID, URI: "api://" + apiID, Scopes: []string{"Beside.Use"}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return p, c
}

const verifier = "vvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvvv"

func request() url.Values {
	h := sha256.Sum256([]byte(verifier))
	return url.Values{
		"client_id": {client}, "redirect_uri": {"http://localhost:4711"}, "response_type": {"code"}, "response_mode": {"form_post"},
		"code_challenge": {b64(h[:])}, "code_challenge_method": {"S256"}, "state": {"s"}, "scope": {"api://" + apiID + "/Beside.Use openid offline_access"},
	}
}

// ask does one request against a handler.
func ask(h http.Handler, method, address string, form url.Values, header ...string) *httptest.ResponseRecorder {
	var body io.Reader = http.NoBody
	if method == http.MethodPost {
		body = strings.NewReader(form.Encode())
	}
	r := httptest.NewRequest(method, address, body)
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

const (
	authorize = "http://127.0.0.1:8445/" + tenant + "/oauth2/v2.0/authorize"
	tokens    = "https://127.0.0.1:8444/" + tenant + "/oauth2/v2.0/token"
	deviceURL = "https://127.0.0.1:8444/" + tenant + "/oauth2/v2.0/devicecode"
	devicePg  = "http://127.0.0.1:8445/common/oauth2/deviceauth"
)

var codeRe = regexp.MustCompile(`name="code" value="([^"]+)"`)

// code signs helga in and answers the authorization code.
func code(t *testing.T, p *Provider) string {
	t.Helper()
	f := request()
	f.Set("user", "helga@contoso.example")
	w := ask(p.PageHandler(), http.MethodPost, authorize, f)
	m := codeRe.FindStringSubmatch(w.Body.String())
	if w.Code != http.StatusOK || m == nil {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	return m[1]
}

func redeem(p *Provider, change url.Values) *httptest.ResponseRecorder {
	f := url.Values{
		"client_id": {client}, "grant_type": {"authorization_code"}, "redirect_uri": {"http://localhost:4711"}, "code_verifier": {verifier},
		"scope": {"api://" + apiID + "/Beside.Use openid offline_access"},
	}
	for k, v := range change {
		f[k] = v
	}
	return ask(p.Handler(), http.MethodPost, tokens, f)
}

func TestSignInPage(t *testing.T) {
	p, _ := provider(t)
	q := request()
	q.Set("login_hint", "SAM@contoso.example")
	w := ask(p.PageHandler(), http.MethodGet, authorize+"?"+q.Encode(), nil)
	body := w.Body.String()
	if w.Code != http.StatusOK || !strings.Contains(body, "DEVELOPMENT") {
		t.Errorf("%d %s", w.Code, body)
	}
	if !strings.Contains(body, `value="sam@contoso.example" autofocus`) || strings.Count(body, "autofocus") != 1 {
		t.Error("the hint does not choose")
	}
	if strings.Contains(body, "<Helper>") || !strings.Contains(body, "Helga &lt;Helper&gt;") || !strings.Contains(body, "Service desk") {
		t.Error("names are not shown as text")
	}
	if strings.Contains(body, "olaf") {
		t.Error("people of another tenant are listed")
	}
	if w.Header().Get("Access-Control-Allow-Origin") != "" || !strings.Contains(w.Header().Get("Content-Security-Policy"), "default-src 'none'") {
		t.Errorf("headers %v", w.Header())
	}
	w = ask(p.PageHandler(), http.MethodGet, authorize+"?"+request().Encode(), nil)
	if !strings.Contains(w.Body.String(), `value="helga@contoso.example" autofocus`) {
		t.Error("without a hint the first is not focused")
	}
}

func TestAuthorizeRefuses(t *testing.T) {
	p, _ := provider(t)
	for name, change := range map[string]url.Values{
		"unknown client": {"client_id": {other}}, "the API itself": {"client_id": {apiID}},
		"foreign redirect": {"redirect_uri": {"http://evil.example"}}, "https redirect": {"redirect_uri": {"https://localhost:1"}},
		"name like localhost": {"redirect_uri": {"http://localhost.evil.example:1"}}, "user in redirect": {"redirect_uri": {"http://localhost@evil.example"}},
		"path": {"redirect_uri": {"http://localhost:1/x"}}, "by IP": {"redirect_uri": {"http://127.0.0.1:1"}},
		"no PKCE": {"code_challenge": {""}}, "plain PKCE": {"code_challenge_method": {"plain"}},
		"query mode": {"response_mode": {"query"}}, "implicit": {"response_type": {"token"}},
	} {
		f := request()
		for k, v := range change {
			f[k] = v
		}
		f.Set("user", "helga@contoso.example")
		for _, w := range []*httptest.ResponseRecorder{
			ask(p.PageHandler(), http.MethodGet, authorize+"?"+f.Encode(), nil), ask(p.PageHandler(), http.MethodPost, authorize, f),
		} {
			if w.Code != http.StatusBadRequest || !strings.Contains(w.Body.String(), "DEVELOPMENT") || strings.Contains(w.Body.String(), "evil") {
				t.Errorf("%s: %d %s", name, w.Code, w.Body)
			}
		}
	}
}

func TestForeignHostsAndSites(t *testing.T) {
	p, _ := provider(t)
	page, api := p.PageHandler(), p.Handler()
	for address, want := range map[string]int{
		"http://localhost:8445/x": 404, "http://127.0.0.1:8445/x": 404,
		"http://evil.example/x": 421, "http://evil.example:8445/x": 421, "http://127.0.0.1:1/x": 421,
	} {
		if w := ask(page, http.MethodGet, address, nil); w.Code != want {
			t.Errorf("page %s: %d", address, w.Code)
		}
	}
	if w := ask(api, http.MethodGet, "https://evil.example:8444/common/discovery/v2.0/keys", nil); w.Code != http.StatusMisdirectedRequest {
		t.Errorf("keys for a foreign host: %d", w.Code)
	}
	if w := ask(page, http.MethodPost, authorize, request(), "Origin", "https://evil.example", "Sec-Fetch-Site", "cross-site"); w.Code != http.StatusForbidden {
		t.Errorf("posted by another site: %d", w.Code)
	}
	if w := ask(api, http.MethodGet, authorize, nil); w.Code != http.StatusMisdirectedRequest {
		t.Errorf("the page on the other side: %d", w.Code)
	}
}

func TestCodeIsForOneUse(t *testing.T) {
	p, c := provider(t)
	one := code(t, p)
	w := redeem(p, url.Values{"code": {one}})
	var got map[string]any
	if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil || w.Code != http.StatusOK || got["access_token"] == nil || got["refresh_token"] == nil {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	if w := redeem(p, url.Values{"code": {one}}); w.Code != http.StatusBadRequest {
		t.Errorf("again: %d", w.Code)
	}
	for name, change := range map[string]url.Values{
		"wrong verifier": {"code_verifier": {verifier + "x"}}, "no verifier": {"code_verifier": {""}},
		"other redirect": {"redirect_uri": {"http://localhost:1"}}, "other client": {"client_id": {other}},
		"unknown scope": {"scope": {"api://" + apiID + "/Admin"}}, "unknown grant": {"grant_type": {"password"}},
	} {
		change.Set("code", code(t, p))
		if w := redeem(p, change); w.Code != http.StatusBadRequest {
			t.Errorf("%s: %d", name, w.Code)
		}
	}
	late := code(t, p)
	c.t = c.t.Add(11 * time.Minute)
	if w := redeem(p, url.Values{"code": {late}}); w.Code != http.StatusBadRequest {
		t.Errorf("late: %d", w.Code)
	}
	bad := code(t, p)
	redeem(p, url.Values{"code": {bad}, "code_verifier": {"x"}})
	if w := redeem(p, url.Values{"code": {bad}}); w.Code != http.StatusBadRequest {
		t.Errorf("after a wrong try: %d", w.Code)
	}
}

func TestDeviceCode(t *testing.T) {
	p, c := provider(t)
	begin := func() (user, device string) {
		w := ask(p.Handler(), http.MethodPost, deviceURL, url.Values{"client_id": {client}})
		var d struct {
			User   string `json:"user_code"`
			Device string `json:"device_code"`
			URI    string `json:"verification_uri"`
		}
		if err := json.Unmarshal(w.Body.Bytes(), &d); err != nil || d.URI != devicePg || len(d.User) != 9 {
			t.Fatalf("%d %s", w.Code, w.Body)
		}
		return d.User, d.Device
	}
	poll := func(device string) string {
		w := ask(p.Handler(), http.MethodPost, tokens, url.Values{"client_id": {client}, "grant_type": {"device_code"}, "device_code": {device}, "scope": {"openid"}})
		var d struct{ Error string }
		if err := json.Unmarshal(w.Body.Bytes(), &d); err != nil || (w.Code == http.StatusOK) != (d.Error == "") {
			t.Fatalf("%d %s", w.Code, w.Body)
		}
		return d.Error
	}
	enter := func(user, who string) int {
		w := ask(p.PageHandler(), http.MethodPost, devicePg, url.Values{"user_code": {user}, "user": {who}})
		if !strings.Contains(w.Body.String(), "DEVELOPMENT") {
			t.Errorf("page: %s", w.Body)
		}
		return w.Code
	}
	user, device := begin()
	if got := poll(device); got != "authorization_pending" {
		t.Errorf("before: %s", got)
	}
	if enter("AAAAAAAAA", "helga@contoso.example") != http.StatusBadRequest || enter("", "helga@contoso.example") != http.StatusBadRequest {
		t.Error("a wrong code is taken")
	}
	if enter(strings.ToLower(user), "helga@contoso.example") != http.StatusOK || enter(user, "sam@contoso.example") != http.StatusBadRequest {
		t.Error("a code is for one use, in any case of letters")
	}
	if got := poll(device); got != "" {
		t.Errorf("after: %s", got)
	}
	if got := poll(device); got != "expired_token" {
		t.Errorf("again: %s", got)
	}
	user, device = begin()
	enter(user, "")
	if got := poll(device); got != "authorization_declined" {
		t.Errorf("declined: %s", got)
	}
	user, device = begin()
	c.t = c.t.Add(16 * time.Minute)
	if enter(user, "helga@contoso.example") != http.StatusBadRequest || poll(device) != "expired_token" {
		t.Error("late")
	}
}

func TestClaims(t *testing.T) {
	p, _ := provider(t)
	for who, want := range map[string]any{"helga@contoso.example": 0, "sam@contoso.example": 1} {
		c, err := p.AccessClaims(who, client, "api://"+apiID+"/Beside.Use")
		if err != nil || c["acct"] != want || c["aud"] != apiID || c["scp"] != "Beside.Use" || c["azp"] != client || c["iss"] != "https://127.0.0.1:8444/"+tenant+"/v2.0" {
			t.Errorf("%s: %v, %v", who, c, err)
		}
	}
}

func TestNewRefuses(t *testing.T) {
	u, a := []User{{}}, []App{{}}
	for name, o := range map[string]Options{
		"http base": {Base: "http://h", AuthBase: "http://h", Users: u, Apps: a}, "path": {Base: "https://h/x", AuthBase: "http://h", Users: u, Apps: a},
		"no page": {Base: "https://h", Users: u, Apps: a}, "no users": {Base: "https://h", AuthBase: "http://h", Apps: a}, "no apps": {Base: "https://h", AuthBase: "http://h", Users: u},
	} {
		if _, err := New(o); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}
