package rtc

import (
	"context"
	"io"
	"time"

	"github.com/pion/dtls/v3"
	"github.com/pion/ice/v4"
	"github.com/pion/interceptor"
	"github.com/pion/logging"
	"github.com/pion/transport/v4/stdnet"
	"github.com/pion/webrtc/v4"

	"beside/policy/api"
)

const (
	disconnectedIn = 5 * time.Second  // of silence, until ICE looks for another path
	failedIn       = 60 * time.Second // more, until it gives up. The session gives up sooner.
	keepalive      = 2 * time.Second
	repeatIn       = time.Second            // at most, until SCTP repeats itself: it doubles with every loss, and 20 s without a network would cost 16 s more
	flight         = 150 * time.Millisecond // until DTLS repeats itself: with 1 s one lost packet costs a second
)

// newConnection makes the PeerConnection of one side, with nothing in it. It delivers media to l. When
// ctx ends, connections to relays do.
func newConnection(ctx context.Context, cfg Config, list []api.ICEServer, cert webrtc.Certificate, l *Link) (*webrtc.PeerConnection, error) {
	base, err := stdnet.NewNet()
	if err != nil {
		return nil, err
	}
	var se webrtc.SettingEngine
	se.LoggerFactory = quiet{refused: func() { l.fail(ErrExtra) }}
	se.BufferFactory = l.buffer
	filter := sieve{Net: base, pictures: !cfg.Sharer, open: &l.open}
	se.SetNet(filter)
	ask, overTLS := servers(list)
	se.SetICEProxyDialer(dial(ctx, overTLS, cfg.Roots, filter))
	se.SetNetworkTypes([]webrtc.NetworkType{webrtc.NetworkTypeUDP4, webrtc.NetworkTypeUDP6})
	se.DisableActiveTCP(true)
	se.SetICEMulticastDNSMode(ice.MulticastDNSModeDisabled)
	se.SetICETimeouts(disconnectedIn, failedIn, keepalive)
	se.SetIncludeLoopbackCandidate(cfg.Loopback)
	se.SetDTLSRetransmissionInterval(flight)
	// ICE has shown that the peer is where it says. And pion never repeats a HelloVerifyRequest: one that
	// is lost would be the end of it.
	se.SetDTLSInsecureSkipHelloVerify(true)
	se.SetDTLSExtendedMasterSecret(dtls.RequireExtendedMasterSecret)
	se.SetSRTPProtectionProfiles(dtls.SRTP_AEAD_AES_256_GCM, dtls.SRTP_AEAD_AES_128_GCM)
	se.SetSRTPReplayProtectionWindow(replay)
	se.SetSRTCPReplayProtectionWindow(replay)
	se.SetSCTPMaxMessageSize(maxMessage)
	se.SetSCTPRTOMax(repeatIn)
	se.SetFireOnTrackBeforeFirstRTP(true) // else a goroutine waits for the first picture
	se.DetachDataChannels()

	policy := webrtc.ICETransportPolicyAll
	if cfg.RelayOnly {
		policy = webrtc.ICETransportPolicyRelay
		se.SetRelayAcceptanceMinWait(0) // there is nothing better to wait for
	}

	me := &webrtc.MediaEngine{}
	if err := me.RegisterCodec(webrtc.RTPCodecParameters{RTPCodecCapability: screen(), PayloadType: payload}, webrtc.RTPCodecTypeVideo); err != nil {
		return nil, err
	}
	ports := webrtc.NewAPI(webrtc.WithSettingEngine(se), webrtc.WithMediaEngine(me), webrtc.WithInterceptorRegistry(&interceptor.Registry{}))
	return ports.NewPeerConnection(webrtc.Configuration{
		ICEServers: ask, ICETransportPolicy: policy, Certificates: []webrtc.Certificate{cert},
		BundlePolicy: webrtc.BundlePolicyMaxBundle, RTCPMuxPolicy: webrtc.RTCPMuxPolicyRequire,
		ICECandidatePoolSize: 1, // the helper, too, gathers before it knows the offer
	})
}

// quiet keeps pion from writing to standard error: what matters comes back as an error. With one
// exception: that a peer speaks DCEP on a channel that is open already is only logged by
// pion/datachannel, and ends the link here. In that package nothing else is an error.
type quiet struct{ refused func() }

func (q quiet) NewLogger(scope string) logging.LeveledLogger {
	none := logging.NewDefaultLeveledLoggerForScope("", logging.LogLevelDisabled, io.Discard)
	if scope == "datachannel" {
		return channelLog{LeveledLogger: none, refused: q.refused}
	}
	return none
}

type channelLog struct {
	logging.LeveledLogger
	refused func()
}

func (c channelLog) Error(string)          { c.refused() }
func (c channelLog) Errorf(string, ...any) { c.refused() }
