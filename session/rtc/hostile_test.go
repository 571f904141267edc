package rtc

import (
	"context"
	"errors"
	"io"
	"runtime"
	"testing"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"
	"github.com/pion/sctp"

	"beside/session"
)

// These tests play a peer that has the right certificate and does not keep to the protocol.

const patience = 20 * time.Second // for what must come; no measure of speed

// limit is how long Close may take: the sharer's Stop depends on it.
const limit = time.Second

func peers(t *testing.T) (s, h *Peer) {
	t.Helper()
	mk := func(sharer bool) *Peer {
		p, err := New(Config{Sharer: sharer, Loopback: true})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = p.Close() })
		return p
	}
	return mk(true), mk(false)
}

func connected(t *testing.T) (s, h *Link) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	ps, ph := peers(t)
	ds, err := ps.Local(ctx, nil, ph.Fingerprint())
	if err != nil {
		t.Fatal(err)
	}
	dh, err := ph.Local(ctx, nil, ps.Fingerprint())
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	var ls, lh session.Link
	var es, eh error
	go func() { defer close(done); ls, es = ps.Connect(ctx, dh) }()
	lh, eh = ph.Connect(ctx, ds)
	<-done
	if es != nil || eh != nil {
		t.Fatal(es, eh)
	}
	return ls.(*Link), lh.(*Link)
}

// closes fails the test when Close takes longer than it may, or goroutines of the link remain.
func closes(t *testing.T, ls ...*Link) {
	t.Helper()
	for _, l := range ls {
		begin := time.Now()
		done := make(chan struct{})
		go func() { defer close(done); _ = l.Close() }()
		select {
		case <-done:
			if d := time.Since(begin); d > limit {
				t.Errorf("Close took %v", d)
			}
		case <-time.After(patience):
			t.Fatal("Close does not return")
		}
		ended := make(chan struct{})
		go func() { defer close(ended); <-l.shut; l.wg.Wait() }()
		select {
		case <-ended:
		case <-time.After(patience):
			b := make([]byte, 1<<20)
			t.Fatalf("goroutines remain:\n%s", b[:runtime.Stack(b, true)])
		}
	}
}

// sendRTP seals and sends what the protocol has no place for, as a peer with the keys can.
func (l *Link) sendRTP(t *testing.T, h rtp.Header, body []byte) {
	t.Helper()
	out, err := l.srtp(t).OpenWriteStream()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := out.WriteRTP(&h, body); err != nil {
		t.Fatal(err)
	}
}

// sendRTCP does the same with RTCP.
func (l *Link) sendRTCP(t *testing.T, ps ...rtcp.Packet) {
	t.Helper()
	if err := l.pc.WriteRTCP(ps); err != nil {
		t.Fatal(err)
	}
}

func TestStrangeMediaIsDropped(t *testing.T) {
	evil := func(n uint32) *rtcp.ApplicationDefined {
		return &rtcp.ApplicationDefined{SSRC: n, Name: nameAck, Data: []byte("evil")}
	}
	for name, attack := range map[string]func(t *testing.T, s, h *Link){
		"RTCP of another SSRC to the sharer": func(t *testing.T, _, h *Link) { h.sendRTCP(t, evil(99)) },
		"RTCP of another SSRC to the helper": func(t *testing.T, s, _ *Link) { s.sendRTCP(t, evil(99)) },
		"RTCP of another SSRC behind ours": func(t *testing.T, _, h *Link) {
			h.sendRTCP(t, &rtcp.ReceiverReport{SSRC: ssrc}, evil(99))
		},
		"feedback about another SSRC": func(t *testing.T, _, h *Link) {
			h.sendRTCP(t, &rtcp.PictureLossIndication{SenderSSRC: ssrc, MediaSSRC: 99})
		},
		"RTP of another SSRC to the helper": func(t *testing.T, s, _ *Link) {
			s.sendRTP(t, rtp.Header{Version: 2, PayloadType: payload, SSRC: 99}, []byte("evil"))
		},
		"RTP to the sharer": func(t *testing.T, _, h *Link) {
			h.sendRTP(t, rtp.Header{Version: 2, PayloadType: payload, SSRC: ssrc}, []byte("evil"))
		},
		"another payload type": func(t *testing.T, s, _ *Link) {
			s.sendRTP(t, rtp.Header{Version: 2, PayloadType: payload + 1, SSRC: ssrc}, []byte("evil"))
		},
		"not sealed": func(_ *testing.T, s, h *Link) {
			for _, l := range []*Link{s, h} {
				for _, b := range []string{
					"\x80", "\x80\x60\x00\x01\x00\x00\x00\x00BSD1BSD1evilevilevilevil",
					"\x80\x60\x00\x01\x00\x00\x00\x00\x00\x00\x00\x63evil", "\x80\xccBSD1BSD1BSD1evilevilevilevilevil", "\x90\xcc\xff\xff",
				} {
					_, _ = l.path().Write([]byte(b))
				}
			}
		},
		"many SSRCs": func(t *testing.T, s, h *Link) {
			for n := range uint32(2000) {
				h.sendRTCP(t, evil(n))
				s.sendRTP(t, rtp.Header{Version: 2, PayloadType: payload, SSRC: n}, []byte("evil"))
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			defer cancel()
			s, h := connected(t)
			attack(t, s, h)
			stop := make(chan struct{})
			go func() { // what is ours comes through, and nothing else
				tick := time.NewTicker(5 * time.Millisecond)
				defer tick.Stop()
				for {
					_, _ = s.WritePacket([]byte("good")), h.WriteAck([]byte("good"))
					select {
					case <-tick.C:
					case <-stop:
						return
					}
				}
			}()
			for who, read := range map[string]func(context.Context) ([]byte, error){"picture": h.ReadPacket, "acknowledgement": s.ReadAck} {
				if b, err := read(ctx); err != nil || string(b) != "good" {
					t.Errorf("%s: got %q, %v", who, b, err)
				}
			}
			close(stop)
			closes(t, s, h)
			for _, l := range []*Link{s, h} {
				for _, in := range l.opening(t) {
					for _, n := range []uint32{5, 99} {
						_, rtp := in.ROC(n)
						_, rtcp := in.Index(n)
						if rtp || rtcp {
							t.Errorf("SSRC %d left state behind", n)
						}
					}
				}
				if n := l.strangers.Load(); n > 2 { // pion's own for the track, and one that was sealed in RTCP
					t.Errorf("%d SSRCs got past the sieve", n)
				}
			}
		})
	}
}

// What a peer names inside sealed RTCP has cost pion something by the time we see it. There may be
// only so much of it: one for each packet, and not many packets.
func TestManyStrangersInsideRTCPEndTheLink(t *testing.T) {
	for name, who := range map[string]func(s, h *Link) (from, to *Link){
		"to the sharer": func(s, h *Link) (*Link, *Link) { return h, s },
		"to the helper": func(s, h *Link) (*Link, *Link) { return s, h },
	} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			defer cancel()
			s, h := connected(t)
			from, to := who(s, h)
			tick := time.NewTicker(time.Millisecond)
			defer tick.Stop()
			for n := uint32(1); to.up() == nil && ctx.Err() == nil; n += 40 {
				report := &rtcp.ReceiverReport{SSRC: ssrc} // the sieve sees only this
				for i := range uint32(31) {
					report.Reports = append(report.Reports, rtcp.ReceptionReport{SSRC: n + i})
				}
				_ = from.pc.WriteRTCP([]rtcp.Packet{report})
				<-tick.C
			}
			if _, err := to.Recv(ctx, session.ChanControl); !errors.Is(err, ErrFlood) {
				t.Errorf("got %v, want ErrFlood", err)
			}
			if n := to.strangers.Load(); n > maxStrangers+2 {
				t.Errorf("pion made room for %d SSRCs", n)
			}
			closes(t, s, h)
		})
	}
}

func TestStrangeChannelsEndTheLink(t *testing.T) {
	// send does not mind when what was sent before has ended the link already.
	send := func(t *testing.T, a *sctp.Association, l *Link, id uint16, kind sctp.PayloadProtocolIdentifier, b []byte) {
		t.Helper()
		st := l.stream(session.Channel(id))
		if st == nil {
			var err error
			if st, err = a.OpenStream(id, kind); err != nil {
				t.Log(err)
				return
			}
		}
		if _, err := st.WriteSCTP(b, kind); err != nil {
			t.Log(err)
		}
	}
	dcep := []byte{3, 0, 0, 0, 0, 0, 0, 0, 0, 4, 0, 0, 'e', 'v', 'i', 'l'} // DATA_CHANNEL_OPEN (RFC 8832)
	for name, attack := range map[string]func(t *testing.T, a *sctp.Association, h *Link){
		"a stream nobody negotiated": func(t *testing.T, a *sctp.Association, h *Link) {
			send(t, a, h, 9, sctp.PayloadTypeWebRTCBinary, []byte("hello"))
		},
		"a stream of a channel that may lose": func(t *testing.T, a *sctp.Association, h *Link) {
			send(t, a, h, uint16(session.ChanInput), sctp.PayloadTypeWebRTCBinary, []byte("hello"))
		},
		"a new channel": func(t *testing.T, a *sctp.Association, h *Link) { send(t, a, h, 6, sctp.PayloadTypeWebRTCDCEP, dcep) },
		"a channel again": func(t *testing.T, a *sctp.Association, h *Link) {
			send(t, a, h, uint16(session.ChanChat), sctp.PayloadTypeWebRTCDCEP, dcep)
		},
		"text": func(t *testing.T, a *sctp.Association, h *Link) {
			send(t, a, h, uint16(session.ChanChat), sctp.PayloadTypeWebRTCString, []byte("hello"))
		},
		"a new channel after junk": func(t *testing.T, a *sctp.Association, h *Link) {
			send(t, a, h, 9, sctp.PayloadTypeWebRTCBinary, []byte("junk"))
			send(t, a, h, 6, sctp.PayloadTypeWebRTCDCEP, dcep)
		},
		"the last stream there is": func(t *testing.T, a *sctp.Association, h *Link) {
			send(t, a, h, 65534, sctp.PayloadTypeWebRTCBinary, []byte("hello"))
		},
	} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			defer cancel()
			s, h := connected(t)
			attack(t, h.sctp(), h)
			if _, err := s.Recv(ctx, session.ChanControl); !errors.Is(err, ErrExtra) {
				t.Errorf("got %v, want ErrExtra", err)
			}
			closes(t, s, h)
		})
	}
}

// A peer that resets a stream, or ends SCTP, ends the link.
func TestEndOfChannelsEndsTheLink(t *testing.T) {
	for name, end := range map[string]func(h *Link){
		"a stream": func(h *Link) { _ = h.stream(session.ChanChat).Close() },
		"SCTP":     func(h *Link) { h.sctp().Abort("") },
	} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			defer cancel()
			s, h := connected(t)
			end(h)
			if _, err := s.Recv(ctx, session.ChanControl); !errors.Is(err, io.EOF) {
				t.Errorf("got %v, want io.EOF", err)
			}
			closes(t, s, h)
		})
	}
}

// Close does not depend on a peer that has vanished, in whatever state that leaves SCTP.
func TestCloseWithoutPeer(t *testing.T) {
	for name, before := range map[string]func(t *testing.T, s *Link){
		"idle": func(*testing.T, *Link) {},
		"full": func(t *testing.T, s *Link) {
			for range 100 {
				if err := errors.Join(s.Send(session.ChanClipboard, make([]byte, maxMessage)), s.WritePacket(make([]byte, maxPicture))); err != nil {
					t.Fatal(err)
				}
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			s, h := connected(t)
			_ = h.agent().Close() // nothing is said, nothing is answered any more
			before(t, s)
			if err := s.up(); err != nil {
				t.Error("the link ended by itself at once")
			}
			closes(t, s, h)
		})
	}
}

func TestCloseWhileConnecting(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for name, end := range map[string]func(p *Peer, cancel func()){
		"by Close":   func(p *Peer, _ func()) { _ = p.Close() },
		"by context": func(_ *Peer, cancel func()) { cancel() },
	} {
		t.Run(name, func(t *testing.T) {
			s, h := peers(t) // h never connects
			if _, err := s.Local(ctx, nil, h.Fingerprint()); err != nil {
				t.Fatal(err)
			}
			d, err := h.Local(ctx, nil, s.Fingerprint())
			if err != nil {
				t.Fatal(err)
			}
			sub, stop := context.WithCancel(ctx)
			defer stop()
			done := make(chan error, 1)
			go func() { _, err := s.Connect(sub, d); done <- err }()
			end(s, stop)
			if err := <-done; err == nil || ctx.Err() != nil {
				t.Errorf("Connect: %v", err)
			}
		})
	}
}
