package rtc

import (
	"encoding/binary"
	"errors"
	"io"
	"sync"

	"github.com/pion/dtls/v3"
	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/srtp/v3"
)

// The private payload: pictures of a screen. The SSRC is fixed, since there is one stream.
const (
	payload = 96
	ssrc    = 0x42534431 // "BSD1"
	replay  = 512        // packets: how late one may come
)

// profiles are the ways to protect media that this side takes, the best first.
func profiles() []dtls.SRTPProtectionProfile {
	return []dtls.SRTPProtectionProfile{dtls.SRTP_AEAD_AES_256_GCM, dtls.SRTP_AEAD_AES_128_GCM}
}

// media is both directions of SRTP and SRTCP. The zero value drops all that comes and refuses to
// send.
type media struct {
	mu  sync.Mutex
	out *srtp.Context
	seq uint16
	buf []byte // of sealed packets

	inMu sync.Mutex // of keys being set only: one goroutine takes packets in
	in   *srtp.Context
}

// key takes the keys out of a DTLS connection that is up.
func (m *media) key(conn *dtls.Conn, client bool) error {
	chosen, ok := conn.SelectedSRTPProtectionProfile()
	state, up := conn.ConnectionState()
	if !ok || !up {
		return errors.New("rtc: no protection of media was agreed")
	}
	cfg := srtp.Config{Profile: srtp.ProtectionProfile(chosen)}
	if err := cfg.ExtractSessionKeysFromDTLS(&state, client); err != nil {
		return err
	}
	out, err := srtp.CreateContext(cfg.Keys.LocalMasterKey, cfg.Keys.LocalMasterSalt, cfg.Profile)
	if err != nil {
		return err
	}
	in, err := srtp.CreateContext(cfg.Keys.RemoteMasterKey, cfg.Keys.RemoteMasterSalt, cfg.Profile,
		srtp.SRTPReplayProtection(replay), srtp.SRTCPReplayProtection(replay))
	if err != nil {
		return err
	}
	m.mu.Lock()
	m.out = out
	m.mu.Unlock()
	m.inMu.Lock()
	m.in = in
	m.inMu.Unlock()
	return nil
}

// packet sends one RTP packet.
func (m *media) packet(b []byte, send func([]byte) (int, error)) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.out == nil {
		return io.ErrClosedPipe
	}
	m.seq++
	plain, err := (&rtp.Packet{Header: rtp.Header{Version: 2, PayloadType: payload, SequenceNumber: m.seq, SSRC: ssrc}, Payload: b}).Marshal()
	if err != nil {
		return err
	}
	sealed, err := m.out.EncryptRTP(m.buf[:0], plain, nil)
	if err != nil {
		return err
	}
	m.buf = sealed
	_, err = send(sealed)
	return err
}

// app sends one RTCP APP packet.
func (m *media) app(name string, data []byte, send func([]byte) (int, error)) error {
	plain, err := (&rtcp.ApplicationDefined{SSRC: ssrc, Name: name, Data: data}).Marshal()
	if err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.out == nil {
		return io.ErrClosedPipe
	}
	sealed, err := m.out.EncryptRTCP(m.buf[:0], plain, nil)
	if err != nil {
		return err
	}
	m.buf = sealed
	_, err = send(sealed)
	return err
}

// take opens what came in: a picture packet, or APP packets. The slices are valid until it is
// called again. Everything of another SSRC is dropped unopened, so that it leaves no state behind.
func (m *media) take(b []byte, picture func([]byte), app func(name string, data []byte)) {
	m.inMu.Lock()
	in := m.in
	m.inMu.Unlock()
	if in == nil || len(b) < 12 {
		return
	}
	if b[1] >= 192 && b[1] <= 223 { // RTCP (RFC 5761)
		if binary.BigEndian.Uint32(b[4:]) != ssrc {
			return
		}
		plain, err := in.DecryptRTCP(nil, b, nil)
		if err != nil {
			return
		}
		ps, err := rtcp.Unmarshal(plain)
		if err != nil {
			return
		}
		for _, p := range ps {
			if a, ok := p.(*rtcp.ApplicationDefined); ok && a.SSRC == ssrc {
				app(a.Name, a.Data)
			}
		}
		return
	}
	if binary.BigEndian.Uint32(b[8:]) != ssrc {
		return
	}
	var h rtp.Header
	plain, err := in.DecryptRTP(nil, b, &h)
	if err != nil || h.PayloadType != payload {
		return
	}
	if at, err := h.Unmarshal(plain); err == nil {
		picture(plain[at:])
	}
}
