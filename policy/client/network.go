package client

import (
	"net"
	"net/netip"
)

// has says whether this machine has that address, and also when it cannot tell.
func has(a netip.Addr) bool {
	all, err := net.InterfaceAddrs()
	if err != nil {
		return true
	}
	for _, o := range all {
		if p, err := netip.ParsePrefix(o.String()); err == nil && p.Addr().Unmap() == a {
			return true
		}
	}
	return a.IsLoopback()
}
