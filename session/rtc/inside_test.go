package rtc

import (
	"reflect"
	"sync"
	"sync/atomic"
	"testing"
	"unsafe"

	"github.com/pion/datachannel"
	"github.com/pion/ice/v4"
	"github.com/pion/sctp"
	"github.com/pion/srtp/v3"
	"github.com/pion/webrtc/v4"

	"beside/session"
)

// A hostile peer is not bound to what PeerConnection lets one do: these tests reach inside it.

// inside is a field of a struct of pion's.
func inside[T any](of any, name string) *T {
	f := reflect.ValueOf(of).Elem().FieldByName(name)
	return (*T)(unsafe.Pointer(f.UnsafeAddr())) // there is no other way in
}

func (l *Link) dtls() *webrtc.DTLSTransport { return l.pc.SCTP().Transport() }

func (l *Link) srtp(t *testing.T) *srtp.SessionSRTP {
	t.Helper()
	s, ok := inside[atomic.Value](l.dtls(), "srtpSession").Load().(*srtp.SessionSRTP)
	if !ok {
		t.Fatal("no SRTP")
	}
	return s
}

// opening is what SRTP and SRTCP know about what came in.
func (l *Link) opening(t *testing.T) []*srtp.Context {
	t.Helper()
	c, ok := inside[atomic.Value](l.dtls(), "srtcpSession").Load().(*srtp.SessionSRTCP)
	if !ok {
		t.Fatal("no SRTCP")
	}
	return []*srtp.Context{*inside[*srtp.Context](l.srtp(t), "remoteContext"), *inside[*srtp.Context](c, "remoteContext")}
}

// sctp is nil once the link has ended.
func (l *Link) sctp() *sctp.Association {
	mu := inside[sync.RWMutex](l.pc.SCTP(), "lock")
	mu.RLock()
	defer mu.RUnlock()
	return *inside[*sctp.Association](l.pc.SCTP(), "sctpAssociation")
}

// stream is the SCTP stream of a channel, nil if it has none.
func (l *Link) stream(ch session.Channel) *sctp.Stream {
	l.mu.Lock()
	defer l.mu.Unlock()
	d, ok := l.streams[ch].(*datachannel.DataChannel)
	if !ok {
		return nil
	}
	return *inside[*sctp.Stream](d, "stream")
}

func (l *Link) agent() *ice.Agent {
	g := *inside[*webrtc.ICEGatherer](l.pc, "iceGatherer")
	return *inside[*ice.Agent](g, "agent")
}

// path is what sends without sealing.
func (l *Link) path() *ice.Conn {
	return *inside[*ice.Conn](l.dtls().ICETransport(), "conn")
}
