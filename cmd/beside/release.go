//go:build !dev

package main

import (
	"crypto/x509"
	"flag"
	"net/http"
	"net/url"

	conf "beside/settings"
)

// devSettings has nothing in a release: no private authority, no certificate of one's own, nothing
// that acts without a person.
type devSettings struct{}

func (*devSettings) flags(*flag.FlagSet)            {}
func (*devSettings) on() bool                       { return false }
func (*devSettings) relayOnly() bool                { return false }
func (*devSettings) roots() (*x509.CertPool, error) { return nil, nil } //nolint:nilnil // the system's
func (*devSettings) open(*url.URL) (bool, error)    { return false, nil }

// policy is this platform's, and nothing on the command line changes that.
func (*devSettings) policy() conf.Policy { return conf.System() }

// web uses the system's certificates.
func (*devSettings) web() (*http.Client, error) {
	return webClient(http.DefaultTransport.(*http.Transport).Clone()), nil //nolint:forcetypeassert // it is one
}
