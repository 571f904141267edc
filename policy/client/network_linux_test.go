package client

import (
	"context"
	"net/netip"
	"testing"
)

func TestHas(t *testing.T) {
	for a, want := range map[string]bool{"127.0.0.1": true, "192.0.2.77": false, "2001:db8::77": false} {
		if got := has(netip.MustParseAddr(a)); got != want {
			t.Errorf("%s: %v", a, got)
		}
	}
}

func TestWatchNetworkEnds(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { defer close(done); watchNetwork(ctx, make(chan struct{}, 1)) }()
	cancel()
	<-done
}
