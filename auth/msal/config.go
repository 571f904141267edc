package msal

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
)

// ErrConfig means that New was given something a release must not run with.
var ErrConfig = errors.New("msal: configuration refused")

// Config says where to sign in. All fields up to Scope are needed.
type Config struct {
	Authority string // https://login.microsoftonline.com/<tenant GUID>
	Tenant    string // GUID; only its own members may sign in
	ClientID  string // of the desktop's app registration
	Scope     string // of the policy endpoint, e.g. api://<id>/Beside.Use

	// HTTP talks to the provider; nil for a client with 30 seconds of patience.
	HTTP *http.Client
	// InstanceDiscovery has MSAL ask Microsoft whether the authority is one of theirs.
	InstanceDiscovery bool
	// Cache keeps tokens between starts, nil for memory only. See auth/keyring.
	Cache Store
	// LoginHint is a sign-in name to suggest, "" for none.
	LoginHint string
	// Development allows an authority on this computer or at an IP address, and to go
	// without InstanceDiscovery. A release never sets it.
	Development bool
}

func (c Config) valid() error {
	refuse := func(what string) error { return fmt.Errorf("%w: %s", ErrConfig, what) }
	u, err := url.Parse(c.Authority)
	switch {
	case err != nil || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "":
		return refuse("authority is not an address")
	case u.Scheme != "https":
		return refuse("authority is not https")
	case c.Tenant == "" || c.ClientID == "" || c.Scope == "":
		return refuse("no tenant, client id or scope")
	case !strings.EqualFold(strings.Trim(u.Path, "/"), c.Tenant):
		return refuse("authority is not that of the tenant")
	case c.Development:
		return nil
	case net.ParseIP(u.Hostname()) != nil || strings.EqualFold(u.Hostname(), "localhost") || strings.HasSuffix(strings.ToLower(u.Hostname()), ".localhost"):
		return refuse("authority is on this computer or an IP address")
	case !c.InstanceDiscovery:
		return refuse("instance discovery is off")
	}
	return nil
}

// A Store keeps MSAL's tokens, opaque and secret, between starts. It is used concurrently.
type Store interface {
	// Load returns what was saved last, nil if there is nothing.
	Load(ctx context.Context) ([]byte, error)
	// Save keeps tokens in place of what was there; it does not keep hold of the slice.
	Save(ctx context.Context, tokens []byte) error
}
