//go:build dev

package main

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"flag"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"strings"

	conf "beside/settings"
)

// devSettings is what only a development build can be told.
type devSettings struct {
	ca      string // file with the certificate authority of the development endpoint
	browser string // command that is given the address to open
	relayed bool   // no path but by way of a relay
	managed string // folder that stands for the one of managed policy; "" is a device nobody manages
}

func (d *devSettings) flags(f *flag.FlagSet) {
	f.StringVar(&d.ca, "ca", "", "development: `file` with the endpoint's certificate authority")
	f.StringVar(&d.browser, "browser", "", "development: `command` that opens an address")
	f.BoolVar(&d.relayed, "relay-only", false, "development: no path but by way of the endpoint's relay")
	f.StringVar(&d.managed, "policy", "", "development: `folder` of managed policy, instead of this device's own")
}

// policy is the folder that was named: a development build on a managed device is not its app.
func (d *devSettings) policy() conf.Policy {
	if d.managed == "" {
		return conf.NoPolicy
	}
	return conf.Dir(d.managed, uint32(os.Getuid()))
}

func (d *devSettings) on() bool        { return true }
func (d *devSettings) relayOnly() bool { return d.relayed }

// web trusts the development endpoint's authority, and no other.
func (d *devSettings) web() (*http.Client, error) {
	t := http.DefaultTransport.(*http.Transport).Clone() //nolint:forcetypeassert // it is one
	pool, err := d.roots()
	if err != nil {
		return nil, err
	}
	if pool != nil {
		t.TLSClientConfig = &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}
	}
	return webClient(t), nil
}

// roots are the authorities of the endpoint and its relay, nil for the system's.
func (d *devSettings) roots() (*x509.CertPool, error) {
	if d.ca == "" {
		return nil, nil //nolint:nilnil // the system's
	}
	pem, err := os.ReadFile(d.ca)
	if err != nil {
		return nil, err
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		return nil, errors.New("-ca holds no certificate")
	}
	return pool, nil
}

// open runs the browser command, if there is one.
func (d *devSettings) open(u *url.URL) (bool, error) {
	if d.browser == "" {
		return false, nil
	}
	args := append(strings.Fields(d.browser), u.String())
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		return true, err
	}
	go func() { _ = cmd.Wait() }()
	return true, nil
}
