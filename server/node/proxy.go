package node

import (
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// behind gives requests that come through the operator's proxies the address that these name, so that
// limits count people's addresses and not the proxy's. What anybody else says of themselves counts for
// nothing: without proxies, and from other addresses, the header is not looked at.
func behind(proxies []netip.Prefix, next http.Handler) http.Handler {
	if len(proxies) == 0 {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if from, ok := clientOf(proxies, r); ok {
			r = r.Clone(r.Context())
			r.RemoteAddr = net.JoinHostPort(from.String(), "0")
		}
		next.ServeHTTP(w, r)
	})
}

// clientOf is the last address in X-Forwarded-For that is no proxy of ours. Those before it are the
// client's own invention.
func clientOf(proxies []netip.Prefix, r *http.Request) (netip.Addr, bool) {
	ours := func(a netip.Addr) bool {
		return slices.ContainsFunc(proxies, func(p netip.Prefix) bool { return p.Contains(a) })
	}
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil || !ours(peer.Addr().Unmap()) {
		return netip.Addr{}, false
	}
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for _, hop := range slices.Backward(hops) {
		a, err := netip.ParseAddr(strings.TrimSpace(hop))
		if err != nil {
			return netip.Addr{}, false
		}
		if a = a.Unmap().WithZone(""); !ours(a) {
			return a, true
		}
	}
	return netip.Addr{}, false
}
