package rtc

import (
	"context"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/pion/ice/v4"
	"github.com/pion/logging"
	"github.com/pion/stun/v3"

	"beside/policy/api"
)

const (
	gatherFor      = 2 * time.Second  // how long addresses may be gathered
	disconnectedIn = 5 * time.Second  // of silence, until ICE looks for another path
	failedIn       = 60 * time.Second // more, until it gives up. The session gives up sooner.
	keepalive      = 2 * time.Second
)

// newAgent makes the ICE side of one connection.
func newAgent(servers []api.ICEServer, loopback bool) (*ice.Agent, error) {
	var urls []*stun.URI
	for _, s := range servers {
		for _, u := range s.URLs {
			uri, err := stun.ParseURI(u)
			if err != nil {
				return nil, fmt.Errorf("rtc: address of a relay: %w", err)
			}
			if uri.Scheme == stun.SchemeTypeTURN || uri.Scheme == stun.SchemeTypeTURNS {
				uri.Username, uri.Password = s.Username, s.Credential
			}
			urls = append(urls, uri)
		}
	}
	opts := []ice.AgentOption{
		ice.WithUrls(urls),
		ice.WithNetworkTypes([]ice.NetworkType{ice.NetworkTypeUDP4, ice.NetworkTypeUDP6}),
		ice.WithMulticastDNSMode(ice.MulticastDNSModeDisabled),
		ice.WithDisconnectedTimeout(disconnectedIn), ice.WithFailedTimeout(failedIn), ice.WithKeepaliveInterval(keepalive),
		ice.WithLoggerFactory(quiet{}),
	}
	if loopback {
		opts = append(opts, ice.WithIncludeLoopback())
	}
	return ice.NewAgentWithOptions(opts...)
}

// gather finds the addresses of this side and describes them.
func gather(ctx context.Context, a *ice.Agent, loopback bool) ([]byte, error) {
	done := make(chan struct{})
	var once sync.Once
	err := a.OnCandidate(func(c ice.Candidate) {
		if c == nil {
			once.Do(func() { close(done) })
		}
	})
	if err != nil {
		return nil, err
	}
	if err := a.GatherCandidates(); err != nil {
		return nil, err
	}
	t := time.NewTimer(gatherFor)
	defer t.Stop()
	select {
	case <-done:
	case <-t.C: // what was found by now will do
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	ufrag, pwd, err := a.GetLocalUserCredentials()
	if err != nil {
		return nil, err
	}
	found, err := a.GetLocalCandidates()
	if err != nil {
		return nil, err
	}
	return describe(ufrag, pwd, found, loopback)
}

// quiet keeps pion from writing to standard error: what matters comes back as an error.
type quiet struct{}

func (quiet) NewLogger(string) logging.LeveledLogger {
	return logging.NewDefaultLeveledLoggerForScope("", logging.LogLevelDisabled, io.Discard)
}
