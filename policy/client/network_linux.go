package client

import (
	"context"
	"errors"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// settle is how long changes of the network are gathered: they come in bursts.
const settle = 50 * time.Millisecond

// watchNetwork tells when this machine's links, addresses or routes change, until ctx ends. Where it
// is not allowed to know it says nothing.
func watchNetwork(ctx context.Context, changed chan<- struct{}) {
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, unix.NETLINK_ROUTE)
	if err != nil {
		return
	}
	f := os.NewFile(uintptr(fd), "netlink")
	defer f.Close()
	groups := uint32(unix.RTMGRP_LINK | unix.RTMGRP_IPV4_IFADDR | unix.RTMGRP_IPV6_IFADDR | unix.RTMGRP_IPV4_ROUTE | unix.RTMGRP_IPV6_ROUTE)
	if unix.Bind(fd, &unix.SockaddrNetlink{Family: unix.AF_NETLINK, Groups: groups}) != nil {
		return
	}
	stop := context.AfterFunc(ctx, func() { _ = f.SetReadDeadline(time.Unix(1, 0)) })
	defer stop()
	buf := make([]byte, 64<<10)
	for {
		// What the messages say does not matter, and that some were lost does not either.
		if _, err := f.Read(buf); err != nil && (ctx.Err() != nil || !errors.Is(err, unix.ENOBUFS)) {
			return
		}
		select {
		case <-time.After(settle):
		case <-ctx.Done():
			return
		}
		for f.SetReadDeadline(time.Now().Add(time.Millisecond)) == nil {
			if _, err := f.Read(buf); err != nil {
				break
			}
		}
		if f.SetReadDeadline(time.Time{}) != nil || ctx.Err() != nil { // ctx's own deadline may just have been undone
			return
		}
		select {
		case changed <- struct{}{}:
		default:
		}
	}
}
