package admin

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"

	"golang.org/x/oauth2"

	"beside/auth"
)

// OIDC signs people in at an OpenID Connect provider. Make one by setting the fields; none may
// change afterwards. It is safe for concurrent use.
//
// Who somebody is comes from the access token for the organisation's own API, which Verifier
// checks like every other one: signature, audience, tenant, client, scope, member and no guest.
type OIDC struct {
	Metadata         string // address of the provider's openid-configuration
	ClientID, Secret string // of the registered web site
	Redirect         string // https://…/admin/sign-in/back
	Scope            string // full names of further scopes, with spaces between them
	Audience         string // asked for by the parameters audience and, if it is an address, resource; "" for neither
	Verifier         auth.Verifier
	HTTP             *http.Client // nil for one with 15 seconds of patience

	mu   sync.Mutex
	conf *oauth2.Config
}

func (o *OIDC) client() *http.Client {
	if o.HTTP != nil {
		return o.HTTP
	}
	return &http.Client{Timeout: 15 * time.Second}
}

// config asks the provider where it is, once.
func (o *OIDC) config(ctx context.Context) (*oauth2.Config, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.conf != nil {
		return o.conf, nil
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, o.Metadata, nil)
	if err != nil {
		return nil, err
	}
	resp, err := o.client().Do(req)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", auth.ErrProvider, err)
	}
	defer resp.Body.Close()
	var m struct {
		Authorize string `json:"authorization_endpoint"`
		Token     string `json:"token_endpoint"`
	}
	if err := json.NewDecoder(io.LimitReader(resp.Body, 1<<20)).Decode(&m); err != nil || resp.StatusCode != http.StatusOK ||
		m.Authorize == "" || !strings.HasPrefix(m.Token, "https://") {
		return nil, fmt.Errorf("%w: metadata: status %d", auth.ErrProvider, resp.StatusCode)
	}
	o.conf = &oauth2.Config{
		ClientID: o.ClientID, ClientSecret: o.Secret, RedirectURL: o.Redirect, Scopes: append([]string{"openid", "profile"}, strings.Fields(o.Scope)...),
		Endpoint: oauth2.Endpoint{AuthURL: m.Authorize, TokenURL: m.Token, AuthStyle: oauth2.AuthStyleInParams},
	}
	return o.conf, nil
}

// URL implements Provider.
func (o *OIDC) URL(ctx context.Context, state, verifier string, fresh bool) (string, error) {
	c, err := o.config(ctx)
	if err != nil {
		return "", err
	}
	opts := []oauth2.AuthCodeOption{oauth2.S256ChallengeOption(verifier), oauth2.SetAuthURLParam("response_mode", "query")}
	if o.Audience != "" {
		opts = append(opts, oauth2.SetAuthURLParam("audience", o.Audience))
		if strings.Contains(o.Audience, "://") {
			opts = append(opts, oauth2.SetAuthURLParam("resource", o.Audience))
		}
	}
	if fresh {
		opts = append(opts, oauth2.SetAuthURLParam("prompt", "login"), oauth2.SetAuthURLParam("max_age", "0"))
	}
	return c.AuthCodeURL(state, opts...), nil
}

// Redeem implements Provider.
func (o *OIDC) Redeem(ctx context.Context, code, verifier string) (auth.Verified, error) {
	c, err := o.config(ctx)
	if err != nil {
		return auth.Verified{}, err
	}
	t, err := c.Exchange(context.WithValue(ctx, oauth2.HTTPClient, o.client()), code, oauth2.VerifierOption(verifier))
	if err != nil {
		// The error holds the provider's answer; only its kind is told.
		var refused *oauth2.RetrieveError
		if errors.As(err, &refused) {
			return auth.Verified{}, fmt.Errorf("%w: %s", auth.ErrToken, cut(refused.ErrorCode, 64))
		}
		return auth.Verified{}, fmt.Errorf("%w: token request failed", auth.ErrProvider)
	}
	return o.Verifier.Verify(ctx, t.AccessToken)
}
