package rtc

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"time"

	"github.com/pion/webrtc/v4"
)

// regatherFor is how long a restart may gather: people are waiting, and there is a next time.
const regatherFor = time.Second

// errOrder is the refusal of a restart that is not this side's to make, or not now.
var errOrder = errors.New("rtc: a restart out of order")

// Restart is session.Mender's. What has been agreed, the encryption and all that waits to be sent stay.
func (l *Link) Restart(ctx context.Context) ([]byte, error) {
	l.mending.Lock()
	defer l.mending.Unlock()
	if !l.sharer || !l.open.Load() {
		return nil, errOrder
	}
	l.begun = false
	if _, err := l.pc.CreateOffer(&webrtc.OfferOptions{ICERestart: true}); err != nil {
		return nil, fmt.Errorf("rtc: restart: %w", err)
	}
	if err := l.gathered(ctx, regatherFor); err != nil {
		return nil, err
	}
	var err error
	if l.offer, err = l.pc.CreateOffer(nil); err != nil {
		return nil, fmt.Errorf("rtc: restart: %w", err)
	}
	l.begun = true
	return describe(l.offer, l.loopback)
}

// Rejoin is session.Mender's.
func (l *Link) Rejoin(ctx context.Context, remote []byte) ([]byte, error) {
	d, err := parse(remote, l.loopback)
	if err != nil {
		return nil, err
	}
	l.mending.Lock()
	defer l.mending.Unlock()
	if l.sharer || !l.open.Load() {
		return nil, errOrder
	}
	if err := l.pc.SetRemoteDescription(describePeer(true, d, l.peer)); err != nil {
		return nil, fmt.Errorf("rtc: restart: %w", err)
	}
	gone := l.gathered(ctx, regatherFor)
	met := l.meetAt(d.Candidates)
	answer, err := l.answer() // in any case, or there could be no next time
	if err = errors.Join(err, gone, met); err != nil {
		return nil, fmt.Errorf("rtc: restart: %w", err)
	}
	return describe(answer, l.loopback)
}

// Finish is session.Mender's.
func (l *Link) Finish(remote []byte) error {
	d, err := parse(remote, l.loopback)
	if err != nil {
		return err
	}
	l.mending.Lock()
	defer l.mending.Unlock()
	if !l.begun {
		return errOrder
	}
	l.begun = false
	if err := l.pc.SetLocalDescription(l.offer); err != nil {
		return fmt.Errorf("rtc: restart: %w", err)
	}
	if err := l.pc.SetRemoteDescription(describePeer(false, d, l.peer)); err != nil {
		return fmt.Errorf("rtc: restart: %w", err)
	}
	return l.meetAt(d.Candidates)
}

// Moved is session.Mender's.
func (l *Link) Moved() bool {
	l.mending.Lock()
	defer l.mending.Unlock()
	return !slices.Equal(l.from, ownAddresses())
}

// ownAddresses are this machine's addresses, in order. None if it cannot tell.
func ownAddresses() []netip.Addr {
	all, err := net.InterfaceAddrs()
	if err != nil {
		return nil
	}
	var out []netip.Addr
	for _, a := range all {
		if p, err := netip.ParsePrefix(a.String()); err == nil && allowed(p.Addr(), false) {
			out = append(out, p.Addr())
		}
	}
	slices.SortFunc(out, netip.Addr.Compare)
	return out
}
