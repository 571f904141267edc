package session

import (
	"context"
	"time"

	"beside/policy/api"
	"beside/session/pair"
	"beside/session/wire"
)

// helloWait is how long the peer's hello may take once the link is up.
const helloWait = 5 * time.Second

// greet is the first two messages each way (PROTOCOL 1.0). Until it returns nil nothing is
// captured and nothing is acted on; any other message ends the session.
func greet(ctx context.Context, con *conduit, keys *pair.Keys, self pair.Role, cards wire.Cards) error {
	ctx, cancel := context.WithTimeout(ctx, helloWait)
	defer cancel()
	if err := con.send(wire.Hello{MAC: [64]byte(keys.Hello(self))}); err != nil {
		return err
	}
	m, err := con.read(ctx)
	hello, ok := m.(wire.Hello)
	switch {
	case err != nil:
		return err
	case !ok, keys.CheckHello(other(self), hello.MAC[:]) != nil:
		return over(ByNobody, api.LinkMismatch)
	}
	if err := con.send(cards); err != nil {
		return err
	}
	if m, err = con.read(ctx); err != nil {
		return err
	}
	if got, ok := m.(wire.Cards); !ok {
		return over(ByNobody, api.ProtocolBroken)
	} else if got != cards {
		return over(ByNobody, api.CardsMismatch)
	}
	return nil
}

func other(r pair.Role) pair.Role {
	if r == pair.Helper {
		return pair.Sharer
	}
	return pair.Helper
}

// read reads one control message in line.
func (c *conduit) read(ctx context.Context) (wire.Message, error) {
	b, err := c.link.Recv(ctx, ChanControl)
	if err != nil {
		return nil, err
	}
	m, err := wire.Parse(b)
	if e, ok := m.(wire.End); ok && err == nil {
		return nil, over(ByNobody, e.Code)
	}
	c.hear()
	return m, err
}

// sayEnd tells the peer why, and gives the message a moment to leave before the link is closed.
func sayEnd(con *conduit, code string) {
	if con.send(wire.End{Code: code}) == nil {
		<-time.After(lastWords)
	}
}

// lastWords is how long a final message is given to leave.
const lastWords = 100 * time.Millisecond

// refuseChannels reads channels that nothing listens to, so that they cannot fill, and reports each
// message as refused. told may be nil. A flood ends the session, by peer.
func refuseChannels(ctx context.Context, con *conduit, peer Who, told func(Channel), chans ...Channel) error {
	fns := make([]func(context.Context) error, 0, len(chans))
	for _, ch := range chans {
		fns = append(fns, func(ctx context.Context) error {
			limit := clipboardBucket(con.clock)
			for {
				b, err := con.link.Recv(ctx, ch)
				if err != nil {
					return err
				}
				if _, flood := limit.take(float64(len(b) + 1000)); flood {
					return over(peer, api.ProtocolBroken)
				}
				if told != nil {
					told(ch)
				}
			}
		})
	}
	return group(ctx, fns...)
}
