package node

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strconv"

	"beside/server/relay"
)

// RelayConfig says how sessions are carried whose apps cannot reach each other. The zero value is no
// relay.
type RelayConfig struct {
	Listen string // host:port for STUN and TURN over UDP, and TURN over TCP; "" for none
	TLS    bool   // TURN over TLS at the address of https, next to it
	Host   string // name or address under which apps reach this node's relay; "" for the origin's

	External *relay.External // an operator's instead
	Limits   relay.Limits
}

// openRelay listens for the relay, and puts https and TURN over TLS apart if they share an address. It
// replaces n.ln by the https side.
func (n *Node) openRelay(ctx context.Context, conf *tls.Config) error {
	c := n.c.Relay
	if c.External != nil {
		if c.Listen != "" || c.TLS {
			return fmt.Errorf("%w: a relay of one's own and an external one", ErrConfig)
		}
		n.relay = c.External
	}
	if n.relay != nil || c.Listen == "" && !c.TLS {
		n.ln = tls.NewListener(n.ln, conf)
		return nil
	}
	u, err := url.Parse(n.Origin)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrConfig, err)
	}
	if n.c.Database != "" && c.Host == "" {
		n.c.Log.Warn("if there are several nodes, each needs a relay host of its own, or sessions meet at different relays")
	}
	o := relay.Options{Host: c.Host, Limits: c.Limits}
	if o.Host == "" {
		o.Host = u.Hostname()
	}
	if c.Listen != "" {
		if o.UDP, o.TCP, err = both(ctx, c.Listen); err != nil {
			return fmt.Errorf("node: relay: %w", err)
		}
		n.open = append(n.open, o.UDP.Close, o.TCP.Close)
	}
	if c.TLS {
		port := u.Port()
		if port == "" {
			port = "443"
		}
		if o.TLSAt, err = strconv.Atoi(port); err != nil {
			return fmt.Errorf("%w: port of the origin", ErrConfig)
		}
		n.open = append(n.open, n.ln.Close)
		n.split = relay.Split(n.ln, conf)
		n.ln, o.TLS = n.split.HTTP, n.split.TURN
	} else {
		n.ln = tls.NewListener(n.ln, conf)
	}
	if n.own, err = relay.New(o); err != nil {
		return fmt.Errorf("%w: %w", ErrConfig, err)
	}
	n.relay = n.own
	return nil
}

// both listens on one port for UDP and TCP. Port 0 is any port that is free for both.
func both(ctx context.Context, address string) (net.PacketConn, net.Listener, error) {
	var lc net.ListenConfig
	_, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, nil, err
	}
	for tries := 0; ; tries++ {
		tcp, err := lc.Listen(ctx, "tcp", address)
		if err != nil {
			return nil, nil, err
		}
		host, _, err := net.SplitHostPort(address)
		at, ok := tcp.Addr().(*net.TCPAddr)
		if err != nil || !ok {
			return nil, nil, errors.Join(err, tcp.Close())
		}
		udp, err := lc.ListenPacket(ctx, "udp", net.JoinHostPort(host, strconv.Itoa(at.Port)))
		if err == nil {
			return udp, tcp, nil
		}
		err = errors.Join(err, tcp.Close())
		if port != "0" || tries == 20 {
			return nil, nil, err
		}
	}
}

// runRelay serves what openRelay opened until ctx ends.
func (n *Node) runRelay(ctx context.Context, run func(what string, fn func() error)) {
	if n.split != nil {
		run("https", func() error { return n.split.Run(ctx) })
	}
	if n.own != nil {
		run("relay", func() error { return n.own.Run(ctx) })
	}
}
