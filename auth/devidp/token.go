package devidp

import (
	"crypto/rsa"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/golang-jwt/jwt/v5"
)

// graphID is the application id of Microsoft Graph, the audience when no own API is named.
const graphID = "00000003-0000-0000-c000-000000000000"

func (p *Provider) token(w http.ResponseWriter, r *http.Request) {
	if err := r.ParseForm(); err != nil {
		oauthError(w, "invalid_request", 900144, "form")
		return
	}
	f := r.PostForm
	app := p.app(f.Get("client_id"))
	if app == nil || app.URI != "" {
		oauthError(w, "unauthorized_client", 700016, "application not found, or not a public client")
		return
	}
	if len(app.Redirects) > 0 && (app.Secret == "" || subtle.ConstantTimeCompare([]byte(f.Get("client_secret")), []byte(app.Secret)) != 1) {
		oauthError(w, "invalid_client", 7000215, "client secret is wrong")
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	var g pending
	switch f.Get("grant_type") {
	case "authorization_code":
		g = p.codes[f.Get("code")]
		delete(p.codes, f.Get("code")) // single use, also of a wrong try
		h := sha256.Sum256([]byte(f.Get("code_verifier")))
		if g.user == nil || p.o.Now().After(g.expires) || g.client != app.ID || g.redirect != f.Get("redirect_uri") ||
			subtle.ConstantTimeCompare([]byte(b64(h[:])), []byte(g.challenge)) != 1 {
			oauthError(w, "invalid_grant", 70008, "code invalid or expired, or PKCE mismatch")
			return
		}
	case "device_code", "urn:ietf:params:oauth:grant-type:device_code": // MSAL Go sends the short one
		g = p.devices[f.Get("device_code")]
		switch {
		case g.client != app.ID || p.o.Now().After(g.expires):
			oauthError(w, "expired_token", 70020, "device code unknown or expired")
			return
		case g.denied:
			delete(p.devices, f.Get("device_code"))
			oauthError(w, "authorization_declined", 70017, "declined")
			return
		case g.user == nil:
			oauthError(w, "authorization_pending", 70016, "pending") // must be 400
			return
		}
		delete(p.devices, f.Get("device_code"))
	case "refresh_token":
		g = p.refresh[f.Get("refresh_token")]
		if g.user == nil || g.client != app.ID || p.o.Now().After(g.expires) {
			oauthError(w, "invalid_grant", 700082, "refresh token expired")
			return
		}
	default:
		oauthError(w, "unsupported_grant_type", 70003, "grant type")
		return
	}
	scope := f.Get("scope")
	if scope == "" {
		scope = g.scope
	}
	p.issue(w, r.PathValue("tenant"), g, app, strings.Fields(scope))
}

// issue answers with tokens; p.mu is held.
func (p *Provider) issue(w http.ResponseWriter, tenant string, g pending, app *App, scopes []string) {
	u := g.user
	if tenant != "common" && tenant != "organizations" && tenant != u.Tenant {
		oauthError(w, "invalid_grant", 50020, "user does not exist in tenant")
		return
	}
	access, err := p.accessClaims(u, app.ID, scopes)
	if err != nil {
		oauthError(w, "invalid_scope", 65005, "scope does not exist")
		return
	}
	id := p.baseClaims(u, app.ID)
	id["aud"], id["given_name"], id["family_name"] = app.ID, u.Given, u.Family
	if g.nonce != "" {
		id["nonce"] = g.nonce
	}
	info, err := json.Marshal(map[string]string{"uid": u.Object, "utid": u.Tenant})
	if err != nil {
		oauthError(w, "server_error", 90000, "client info")
		return
	}
	at, err1 := p.sign(nil, access)
	it, err2 := p.sign(nil, id)
	if err := errors.Join(err1, err2); err != nil {
		oauthError(w, "server_error", 90001, "signing")
		return
	}
	out := map[string]any{
		"token_type": "Bearer", "access_token": at, "id_token": it, "client_info": b64(info),
		"expires_in": int(p.ttl.Seconds()), "ext_expires_in": int(p.ttl.Seconds()),
		"scope": strings.Join(scopes, " "), // as asked: MSAL takes another spelling for a declined scope
	}
	if slices.Contains(scopes, "offline_access") {
		rt, ok := p.put(p.refresh, pending{user: u, client: app.ID, scope: strings.Join(scopes, " "), expires: p.o.Now().AddDate(0, 0, 90)})
		if !ok {
			oauthError(w, "temporarily_unavailable", 90033, "too many refresh tokens")
			return
		}
		out["refresh_token"] = rt
	}
	writeJSON(w, http.StatusOK, out)
}

// baseClaims are those that every token has.
func (p *Provider) baseClaims(u *User, client string) jwt.MapClaims {
	now := p.o.Now()
	pair := sha256.Sum256([]byte(u.Object + client))
	return jwt.MapClaims{
		"iss": p.o.Base + "/" + u.Tenant + "/v2.0", "iat": now.Unix(), "nbf": now.Unix(), "exp": now.Add(p.ttl).Unix(),
		"tid": u.Tenant, "oid": u.Object, "sub": b64(pair[:]), "name": u.Name, "preferred_username": u.Username,
		"ver": "2.0", "uti": random()[:22],
	}
}

// accessClaims are those of an access token for the API that scopes name; p.mu is held.
func (p *Provider) accessClaims(u *User, client string, scopes []string) (jwt.MapClaims, error) {
	aud, granted := graphID, []string{}
	for _, s := range scopes {
		if slices.Contains([]string{"openid", "profile", "email", "offline_access"}, s) {
			continue
		}
		i := slices.IndexFunc(p.o.Apps, func(a App) bool { return a.URI != "" && strings.HasPrefix(s, a.URI+"/") })
		if i < 0 {
			granted = append(granted, strings.TrimPrefix(s, "https://graph.microsoft.com/"))
			continue
		}
		api, short := p.o.Apps[i], strings.TrimPrefix(s, p.o.Apps[i].URI+"/")
		switch {
		case short == ".default":
			granted = append(granted, api.Scopes...)
		case slices.Contains(api.Scopes, short):
			granted = append(granted, short)
		default:
			return nil, errors.New("devidp: no such scope")
		}
		aud = api.ID
	}
	c := p.baseClaims(u, client)
	c["aud"], c["azp"], c["azpacr"], c["scp"] = aud, client, "0", strings.Join(granted, " ")
	if app := p.app(client); app != nil && len(app.Redirects) > 0 {
		c["azpacr"] = "1"
	}
	if !u.NoAcct {
		c["acct"] = 0
		if u.Guest {
			c["acct"] = 1
		}
	}
	if len(u.Roles) > 0 {
		c["roles"] = u.Roles
	}
	if len(u.Groups) > 0 {
		c["groups"] = u.Groups
	}
	if u.Device != "" {
		c["deviceid"] = u.Device
	}
	return c, nil
}

// AccessClaims are the claims of the access token that username would get. Tests change
// them and have SignToken make hostile tokens.
func (p *Provider) AccessClaims(username, client string, scopes ...string) (map[string]any, error) {
	u := p.user(username)
	if u == nil {
		return nil, errors.New("devidp: no such user")
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.accessClaims(u, client, scopes)
}

// SignToken signs any claims with the provider's key; header members are added to or
// replace its own.
func (p *Provider) SignToken(header, claims map[string]any) (string, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.sign(header, claims)
}

// Key is the current signing key, for tests that misuse it.
func (p *Provider) Key() (key *rsa.PrivateKey, kid string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.key, p.kid
}

func (p *Provider) sign(header, claims map[string]any) (string, error) {
	t := jwt.NewWithClaims(jwt.SigningMethodRS256, jwt.MapClaims(claims))
	t.Header["kid"] = p.kid
	for k, v := range header {
		t.Header[k] = v
	}
	return t.SignedString(p.key)
}
