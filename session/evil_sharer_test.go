package session_test

import (
	"encoding/binary"
	"math/rand/v2"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"github.com/klauspost/compress/zstd"

	"beside/policy"
	"beside/policy/api"
	"beside/session"
	"beside/session/link"
	"beside/session/wire"
)

// Before the sharer's proof and the same cards nothing that it sends is shown.
func TestEvilSharerGreeting(t *testing.T) {
	for name, c := range map[string]struct {
		say  func(p *peer)
		code string
	}{
		"wrong hello":          {func(p *peer) { p.say(wire.Hello{}) }, api.LinkMismatch},
		"helper's own hello":   {func(p *peer) { p.say(wire.Hello{MAC: [64]byte(p.keys.Hello(p.other()))}) }, api.LinkMismatch},
		"no hello":             {func(*peer) {}, api.EndLost},
		"rights before hello":  {func(p *peer) { p.say(wire.Rights{Rights: control, Epoch: 1}) }, api.LinkMismatch},
		"rubbish before hello": {func(p *peer) { _ = p.raw(session.ChanControl, []byte{200}) }, api.ProtocolBroken},
		"other cards":          {func(p *peer) { p.cards.Sharer[0]++; p.greet() }, api.CardsMismatch},
		"other device state":   {func(p *peer) { p.cards.State = policy.StateUnknown; p.greet() }, api.CardsMismatch},
		"rights before cards":  {func(p *peer) { p.greetWith(wire.Rights{Rights: control, Epoch: 1}) }, api.ProtocolBroken},
	} {
		virtual(t, name, func(t *testing.T, r *rig) {
			p := r.evilSharer(r.help())
			p.pictures(plain(1, 32, 32))
			c.say(p)
			if e := expect[session.Ended](t, r.he); e.Code != c.code || !e.Began.IsZero() {
				t.Errorf("%+v", e)
			}
			r.safe(t)
		})
	}
}

// What only a helper may say, and what nobody may, ends the session on the helper's side as well.
func TestEvilSharerSays(t *testing.T) {
	for name, b := range map[string][]byte{
		"want": wire.Append(nil, wire.Want{Rights: control}), "cancel": wire.Append(nil, wire.CancelWant{}),
		"give back": wire.Append(nil, wire.GiveBack{}), "hello": wire.Append(nil, wire.Hello{}), "ping": wire.Append(nil, wire.Ping{}),
		"empty": {}, "unknown": {77}, "unknown right": wire.Append(nil, wire.Rights{Rights: 1 << 30}), "huge": make([]byte, 64<<10),
		"shape of nothing": {12, 0, 0, 0, 0, 0, 0, 0, 0}, "shape bomb": {12, 255, 255, 255, 255, 0, 0, 0, 0, 1, 2, 3},
		"end code": append([]byte{13}, "<script>"...),
	} {
		virtual(t, "control "+name, func(t *testing.T, r *rig) {
			p := r.evilSharer(r.help())
			p.greet()
			_ = p.raw(session.ChanControl, b)
			if e := expect[session.Ended](t, r.he); e.Code != api.ProtocolBroken {
				t.Errorf("%+v", e)
			}
			r.safe(t)
		})
	}
	for name, b := range map[string][]byte{
		"empty": {}, "input": wire.AppendInput(nil, anyKey), "flag": append(wire.AppendAck(nil, wire.Ack{})[:21], 7), "long": make([]byte, 60_000),
	} {
		virtual(t, "ack "+name, func(t *testing.T, r *rig) {
			p := r.evilSharer(r.help())
			p.greet()
			_ = p.raw(session.ChanInput, b)
			if e := expect[session.Ended](t, r.he); e.Code != api.ProtocolBroken {
				t.Errorf("%+v", e)
			}
		})
	}
	virtual(t, "acknowledges what was never sent", func(t *testing.T, r *rig) {
		p := r.evilSharer(r.help())
		p.greet()
		p.listen()
		p.say(wire.Rights{Rights: control, Epoch: 1})
		synctest.Wait()
		for i := range uint32(1000) {
			_ = p.raw(session.ChanInput, wire.AppendAck(nil, wire.Ack{Next: i * 7919, Moved: i * 104729, Seq: i * 31, X: -1 << 31, Y: 1<<31 - 1}))
			r.helper.Input(pressA)
			if i%50 == 0 {
				synctest.Wait()
			}
		}
		time.Sleep(time.Second)
		if p.cut() {
			t.Error("the session did not survive")
		}
	})
	for name, ch := range map[string]session.Channel{"chat": session.ChanChat, "clipboard": session.ChanClipboard, "pen": session.ChanPen} {
		virtual(t, "floods "+name, func(t *testing.T, r *rig) {
			p := r.evilSharer(r.help())
			p.greet()
			p.listen()
			for i := range 20_000 {
				_ = p.raw(ch, make([]byte, 500))
				if i%200 == 0 {
					synctest.Wait()
				}
			}
			if e := expect[session.Ended](t, r.he); e.Code != api.ProtocolBroken {
				t.Errorf("%+v", e)
			}
		})
	}
}

// The picture stream of a hostile sharer: refused or ignored, never a crash, bounded memory, and the
// session goes on.
func TestEvilSharerPictures(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	bytes := func(n int) []byte {
		b := make([]byte, n)
		for i := range b {
			b[i] = byte(rnd.Uint32())
		}
		return b
	}
	bomb := compressed(t, 256<<20)
	if len(bomb) > 100<<10 {
		t.Fatalf("a bomb of %d bytes", len(bomb))
	}
	for name, f := range map[string]func(p *peer){
		"garbage": func(p *peer) {
			for range 20_000 {
				_ = p.link.WritePacket(bytes(1 + rnd.IntN(1160)))
			}
		},
		"nearly packets": func(p *peer) {
			for range 20_000 {
				b := append(p.packet(rnd.Uint32()%64, rnd.IntN(12288), 1+rnd.IntN(12288)), bytes(1+rnd.IntN(link.Payload))...)
				b[1] = byte(rnd.IntN(3))
				_ = p.link.WritePacket(b)
			}
		},
		"never whole": func(p *peer) { // one fragment each of thousands of the largest messages
			for i := range uint32(20_000) {
				p.msg = i
				b := append(p.packet(i, 0, 12288), make([]byte, link.Payload)...)
				_ = p.link.WritePacket(b)
			}
		},
		"a bomb": func(p *peer) { p.pictures(header(1, 2048, 2048, bomb)) },
		"a bomb, often": func(p *peer) {
			p.pictures(repeat(100, func(i uint32) []byte { return header(i, 2048, 2048, bomb) })...)
		},
		"65535 by 65535":   func(p *peer) { p.pictures(header(1, 65535, 65535, []byte{0, 0})) },
		"16384 by 1":       func(p *peer) { p.pictures(header(1, 16384, 1, nil)) },
		"0 by 0":           func(p *peer) { p.pictures(header(1, 0, 0, nil)) },
		"blocks elsewhere": func(p *peer) { p.pictures(header(1, 32, 32, []byte{0xFF, 0xFF, 0xFF, 0xFF, 0x0F, 0})) },
		"random messages": func(p *peer) {
			p.pictures(repeat(500, func(uint32) []byte { return bytes(1 + rnd.IntN(5000)) })...)
		},
		"nearly pictures": func(p *peer) {
			p.pictures(repeat(500, func(i uint32) []byte { return header(i, 64, 64, bytes(rnd.IntN(900))) })...)
		},
		"sizes back and forth": func(p *peer) {
			p.pictures(repeat(200, func(i uint32) []byte { return header(i, 1+int(i%2)*2047, 1+int(i%3)*500, bytes(100)) })...)
		},
	} {
		t.Run(name, func(t *testing.T) {
			noLeak(t)
			r := newRig(t)
			p := r.evilSharer(r.help())
			p.greet()
			p.listen()
			p.say(wire.Rights{Rights: policy.View, Epoch: 1})
			runtime.GC()
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			f(p)
			good := plain(1<<20, 32, 32)
			eventually(t, "a good picture is shown after all that", func() bool {
				p.pictures(good)
				r.glass.mu.Lock()
				defer r.glass.mu.Unlock()
				return r.glass.shows > 0 && r.glass.size.X == 32
			})
			runtime.GC() // what is only garbage is not held
			runtime.ReadMemStats(&after)
			if grown := int64(after.HeapAlloc) - int64(before.HeapAlloc); grown > 64<<20 {
				t.Errorf("the heap grew by %d MiB", grown>>20)
			}
			if p.cut() {
				t.Error("the session did not survive")
			}
			r.helper.End()
			expect[session.Ended](t, r.he)
			r.cancel()
			r.wg.Wait()
		})
	}
}

func repeat(n uint32, f func(i uint32) []byte) (all [][]byte) {
	for i := range n {
		all = append(all, f(i+1))
	}
	return all
}

// compressed is n zeros.
func compressed(t *testing.T, n int) []byte {
	t.Helper()
	z, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedBestCompression))
	if err != nil {
		t.Fatal(err)
	}
	return z.EncodeAll(make([]byte, n), nil)
}

// header is the head of an update of a whole new picture, and what claims to be its compressed body.
func header(id uint32, w, h int, body []byte) []byte {
	b := []byte{2, 1}
	b = binary.BigEndian.AppendUint32(b, id)
	b = binary.BigEndian.AppendUint32(b, id)
	b = binary.BigEndian.AppendUint16(b, uint16(w))
	b = binary.BigEndian.AppendUint16(b, uint16(h))
	return append(b, body...)
}

// plain is a whole good one of one colour: a run of raw blocks for each row of them.
func plain(id uint32, w, h int) []byte {
	body := append(make([]byte, 4), byte(h/16)) // no vectors, deps, refs, saves
	for range h / 16 {
		body = append(body, 0, byte((w/16-1)*8))
	}
	body = append(body, make([]byte, 1+3*w*h)...)
	z, _ := zstd.NewWriter(nil)
	return header(id, w, h, z.EncodeAll(body, nil))
}

// pictures sends messages, cut into packets, once.
func (p *peer) pictures(all ...[]byte) {
	for _, data := range all {
		p.msg++
		of := (len(data) + link.Payload - 1) / link.Payload
		for frag := range of {
			b := p.packet(p.msg, frag, of)
			_ = p.link.WritePacket(append(b, data[frag*link.Payload:min(len(data), (frag+1)*link.Payload)]...))
		}
		time.Sleep(time.Millisecond) // the link drops what is too much at once
	}
}

// packet is the head of one fragment.
func (p *peer) packet(msg uint32, frag, of int) []byte {
	p.pkt++
	b := binary.BigEndian.AppendUint32([]byte{2, byte(link.Picture)}, p.pkt)
	b = binary.BigEndian.AppendUint32(b, msg)
	b = binary.BigEndian.AppendUint16(b, uint16(frag))
	b = binary.BigEndian.AppendUint16(b, uint16(of))
	return append(b, make([]byte, 10)...)
}
