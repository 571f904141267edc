package oidc

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"beside/auth"
)

// ErrConfig means that a configuration was refused.
var ErrConfig = errors.New("oidc: configuration refused")

// metadata is what is read of a provider's openid-configuration.
type metadata struct {
	Issuer    string   `json:"issuer"`
	Authorize string   `json:"authorization_endpoint"`
	Token     string   `json:"token_endpoint"`
	Device    string   `json:"device_authorization_endpoint"`
	Keys      string   `json:"jwks_uri"`
	Modes     []string `json:"response_modes_supported"`
}

// Metadata is the address of an issuer's openid-configuration.
func Metadata(issuer string) string {
	return strings.TrimSuffix(issuer, "/") + "/.well-known/openid-configuration"
}

// discover asks a provider where it is. What it says must be about the issuer, to the letter.
func discover(ctx context.Context, client *http.Client, issuer string) (metadata, error) {
	var m metadata
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, Metadata(issuer), nil)
	if err != nil {
		return m, fmt.Errorf("%w: issuer", ErrConfig)
	}
	resp, err := client.Do(req)
	if err != nil {
		return m, fmt.Errorf("%w: metadata: %w", auth.ErrProvider, err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return m, fmt.Errorf("%w: metadata: status %d", auth.ErrProvider, resp.StatusCode)
	}
	if err := json.NewDecoder(io.LimitReader(resp.Body, 1<<20)).Decode(&m); err != nil {
		return m, fmt.Errorf("%w: metadata is not JSON", auth.ErrProvider)
	}
	if m.Issuer != issuer {
		return m, fmt.Errorf("%w: metadata is of another issuer", auth.ErrProvider)
	}
	for _, at := range []string{m.Token, m.Keys} {
		if !strings.HasPrefix(at, "https://") {
			return m, fmt.Errorf("%w: metadata has an address without https", auth.ErrProvider)
		}
	}
	return m, nil
}

// formPost says whether the provider can have the browser post the answer, so that the code stands in no address.
func (m metadata) formPost() bool { return slices.Contains(m.Modes, "form_post") }

// checkIssuer refuses what is no provider for people to sign in at. One on this computer or at an IP
// address is for development only.
func checkIssuer(issuer string, development bool) error {
	u, err := url.Parse(issuer)
	if err != nil || u.Scheme != "https" || u.Hostname() == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return fmt.Errorf("%w: the issuer must be https://host[/path]", ErrConfig)
	}
	host := strings.TrimSuffix(strings.ToLower(u.Hostname()), ".")
	if !development && (net.ParseIP(host) != nil || !strings.Contains(host, ".") || strings.HasSuffix(host, ".localhost")) {
		return fmt.Errorf("%w: the issuer is on this computer, an IP address or a short name", ErrConfig)
	}
	return nil
}

func webClient(c *http.Client) *http.Client {
	if c != nil {
		return c
	}
	return &http.Client{Timeout: 30 * time.Second}
}
