package main

import (
	"flag"
	"fmt"

	"beside/server/manage"
	"beside/server/node"
	"beside/server/relay"
)

// relayFlags say how sessions are carried whose apps cannot reach each other.
type relayFlags struct {
	listen, host string
	tls          bool
	urls         []string
	secretFile   string
}

func (r *relayFlags) add(fs *flag.FlagSet) {
	fs.StringVar(&r.listen, "relay", ":3478", "address of STUN and TURN over UDP, and of TURN over TCP; none if empty")
	fs.BoolVar(&r.tls, "relay-tls", true, "TURN over TLS at the address of https; off behind a proxy that ends TLS")
	fs.StringVar(&r.host, "relay-host", "", "name under which apps reach this node's relay, if not that of -origin: with several nodes each has one")
	fs.Var((*list)(&r.urls), "turn-url", "`URL` (turn:, turns:, stun:) of a coturn to use instead; may be given several times")
	fs.StringVar(&r.secretFile, "turn-secret-file", "", "file with coturn's static-auth-secret, readable by its owner only")
}

// config is what the node is told. given says whether the person named the flag.
func (r *relayFlags) config(given func(name string) bool) (node.RelayConfig, error) {
	if len(r.urls) == 0 && r.secretFile == "" {
		return node.RelayConfig{Listen: r.listen, TLS: r.tls, Host: r.host}, nil
	}
	switch {
	case len(r.urls) == 0 || r.secretFile == "":
		return node.RelayConfig{}, fmt.Errorf("%w: -turn-url and -turn-secret-file belong together", manage.ErrUsage)
	case given("relay") && r.listen != "" || given("relay-tls") && r.tls || r.host != "":
		return node.RelayConfig{}, fmt.Errorf("%w: -turn-url is instead of a relay of one's own (-relay, -relay-tls, -relay-host)", manage.ErrUsage)
	}
	secret, err := secretFile("-turn-secret-file", r.secretFile)
	if err != nil {
		return node.RelayConfig{}, err
	}
	e, err := relay.NewExternal(r.urls, secret, nil)
	if err != nil {
		return node.RelayConfig{}, fmt.Errorf("%w: %w", manage.ErrUsage, err)
	}
	return node.RelayConfig{External: e}, nil
}
