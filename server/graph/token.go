package graph

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"
)

const (
	early    = 5 * time.Minute // a token that ends within this time is replaced
	maxToken = 64 << 10        // bytes of the answer with a token
)

// Credentials say who the endpoint is to the identity provider. Secret or Certificate and Key
// are needed; the files are read again for every token, so that they can be replaced at any time.
type Credentials struct {
	Authority string // https origin of the identity provider, e.g. https://login.microsoftonline.com
	Tenant    string // GUID
	ClientID  string // GUID of the application
	Resource  string // https origin of the service the token is for

	Certificate, Key string // PEM files; the key's is closed to others than its owner
	Secret           string // file closed to others than its owner

	HTTP *http.Client // nil for a usual one
}

// Tokens has access tokens by client credentials. It is safe for concurrent use.
type Tokens struct {
	c        Credentials
	endpoint string
	hc       http.Client
	turn     chan struct{} // holds the one who fetches
	token    string        // whoever has the turn reads and writes these
	until    time.Time
}

// NewTokens checks the credentials and reads their files once; it asks nothing.
func NewTokens(c Credentials) (*Tokens, error) {
	for _, origin := range []string{c.Authority, c.Resource} {
		if err := checkOrigin(origin); err != nil {
			return nil, err
		}
	}
	if ID(c.Tenant) == "" || ID(c.ClientID) == "" {
		return nil, fmt.Errorf("%w: tenant and client must be GUIDs", ErrConfig)
	}
	t := &Tokens{
		c: c, hc: ownHTTP(c.HTTP), turn: make(chan struct{}, 1),
		endpoint: c.Authority + "/" + ID(c.Tenant) + "/oauth2/v2.0/token",
	}
	if err := t.prove(url.Values{}); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrConfig, err)
	}
	return t, nil
}

// Token implements TokenSource. Errors wrap ErrUnavailable and hold nothing secret.
func (t *Tokens) Token(ctx context.Context) (string, error) {
	select {
	case t.turn <- struct{}{}:
		defer func() { <-t.turn }()
	case <-ctx.Done():
		return "", fmt.Errorf("%w: %w", ErrUnavailable, ctx.Err())
	}
	if left := time.Until(t.until); t.token != "" && left > early {
		return t.token, nil
	}
	token, life, err := t.fetch(ctx)
	switch {
	case err == nil:
		t.token, t.until = token, time.Now().Add(life)
	case t.token == "" || time.Until(t.until) <= 0:
		return "", err
	}
	return t.token, nil // the old one is still good if there is no new one
}

// Drop implements TokenSource.
func (t *Tokens) Drop(token string) {
	t.turn <- struct{}{}
	defer func() { <-t.turn }()
	if t.token == token {
		t.token = ""
	}
}

func (t *Tokens) fetch(ctx context.Context) (token string, life time.Duration, err error) {
	form := url.Values{"grant_type": {"client_credentials"}, "client_id": {ID(t.c.ClientID)}, "scope": {t.c.Resource + "/.default"}}
	if err := t.prove(form); err != nil {
		return "", 0, fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, t.endpoint, strings.NewReader(form.Encode()))
	if err != nil {
		return "", 0, fmt.Errorf("%w: token request", ErrUnavailable)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	resp, err := t.hc.Do(req)
	if err != nil {
		return "", 0, networkError(ctx, err)
	}
	defer resp.Body.Close()
	b, err := readAll(ctx, resp.Body, maxToken)
	if err != nil {
		return "", 0, err
	}
	if resp.StatusCode != http.StatusOK {
		return "", 0, noToken(resp.StatusCode, b)
	}
	return readToken(b)
}

// noToken is the provider's refusal by its code and numbers. Its sentences stay out.
func noToken(status int, b []byte) error {
	var e struct {
		Error string        `json:"error"`
		Codes []json.Number `json:"error_codes"`
	}
	_ = json.Unmarshal(b, &e) // what cannot be read is refused all the same
	number := ""
	if len(e.Codes) > 0 {
		number = " AADSTS" + word(string(e.Codes[0]))
	}
	return fmt.Errorf("%w: no token: status %d %s%s", ErrUnavailable, status, word(e.Error), number)
}

func readToken(b []byte) (token string, life time.Duration, err error) {
	var a struct {
		Token   string      `json:"access_token"`
		Type    string      `json:"token_type"`
		Seconds json.Number `json:"expires_in"` // a number, or a number in quotes
	}
	if err := json.Unmarshal(b, &a); err != nil {
		return "", 0, nonsense("a token is not of the expected shape")
	}
	n, err := a.Seconds.Int64()
	if err != nil || n <= 0 || a.Token == "" || !strings.EqualFold(a.Type, "Bearer") || strings.ContainsAny(a.Token, " \r\n") {
		return "", 0, nonsense("a token is not of the expected shape")
	}
	return a.Token, time.Duration(min(n, 24*3600)) * time.Second, nil
}
