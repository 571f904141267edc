package sessiontest

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"runtime"
	"sync"
	"testing"
	"time"

	"beside/session"
)

// patience is how long the contract waits for what must come. It is no measure of speed.
const patience = 30 * time.Second

// resend is how often the contract repeats what may be lost.
const resend = 5 * time.Millisecond

// LinkContract checks that the links that open makes keep what session.Link promises. open makes
// a new, connected link each time and says which end is whose; the contract closes both ends. Links
// that lose, double or reorder what they may pass as well.
func LinkContract(t *testing.T, open func(t *testing.T) (sharer, helper session.Link)) {
	t.Helper()
	for name, check := range map[string]func(context.Context, *testing.T, session.Link, session.Link){
		"reliable channels keep everything in order": reliableChannels,
		"unreliable channels carry both ways":        unreliableChannels,
		"pictures go from sharer to helper":          pictures,
		"acknowledgements go from helper to sharer":  acknowledgements,
		"channels are apart":                         channelsApart,
		"the sender's buffer is its own":             senderBuffer,
		"limits refuse and do no harm":               limits,
		"a context ends one read only":               contextEndsRead,
		"pictures nobody reads block nobody":         nobodyReads,
		"a flood ends the link":                      flood,
		"any number of senders":                      manySenders,
		"close wakes everybody on both sides":        closeWakes,
	} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			defer cancel()
			s, h := open(t)
			defer closeBoth(t, s, h)
			check(ctx, t, s, h)
		})
	}
	t.Run("close returns and leaves no goroutine", func(t *testing.T) { leavesNone(t, open) })
}

func closeBoth(t *testing.T, ls ...session.Link) {
	t.Helper()
	for _, l := range ls {
		closed := make(chan error, 1)
		go func() { closed <- l.Close() }()
		select {
		case err := <-closed:
			if err != nil {
				t.Errorf("Close: %v", err)
			}
		case <-time.After(patience): // Stop must stop, whatever the peer is doing
			t.Fatalf("Close does not return:\n%s", stacks())
		}
	}
}

func stacks() []byte {
	b := make([]byte, 1<<20)
	return b[:runtime.Stack(b, true)]
}

// fill is n bytes that no other index has, if n is at least 4.
func fill(i, n int) []byte {
	b := bytes.Repeat([]byte{byte(i*31 + 7)}, n)
	if n >= 4 {
		binary.BigEndian.PutUint32(b, uint32(i))
	}
	return b
}

func reliableChannels(ctx context.Context, t *testing.T, s, h session.Link) {
	sizes := []int{1, 2, 3, 5, 1160, 1200, 4097, 64 << 10}
	for _, ch := range []session.Channel{session.ChanControl, session.ChanChat, session.ChanClipboard} {
		for _, way := range [][2]session.Link{{s, h}, {h, s}} {
			for i := range 64 {
				if err := way[0].Send(ch, fill(i, sizes[i%len(sizes)])); err != nil {
					t.Fatalf("channel %d, message %d: %v", ch, i, err)
				}
			}
			for i := range 64 {
				got, err := way[1].Recv(ctx, ch)
				if want := fill(i, sizes[i%len(sizes)]); err != nil || !bytes.Equal(got, want) {
					t.Fatalf("channel %d, message %d: got %d bytes, %v; want %d", ch, i, len(got), err, len(want))
				}
			}
		}
	}
}

func unreliableChannels(ctx context.Context, t *testing.T, s, h session.Link) {
	for _, ch := range []session.Channel{session.ChanInput, session.ChanPen} {
		for _, way := range [][2]session.Link{{s, h}, {h, s}} {
			arrives(ctx, t, []int{1, 2, 3, 4, 5, 63, 700, 1160},
				func(b []byte) error { return way[0].Send(ch, b) },
				func(ctx context.Context) ([]byte, error) { return way[1].Recv(ctx, ch) })
		}
	}
}

func pictures(ctx context.Context, t *testing.T, s, h session.Link) {
	arrives(ctx, t, []int{1, 2, 3, 4, 5, 24, 1144, 1159, maxPacket}, s.WritePacket, h.ReadPacket)
	if err := h.WritePacket([]byte("picture")); err == nil {
		t.Error("the helper could send a picture")
	}
}

func acknowledgements(ctx context.Context, t *testing.T, s, h session.Link) {
	arrives(ctx, t, []int{1, 2, 3, 4, 5, 68, 199, maxAck}, h.WriteAck, s.ReadAck)
}

// arrives sends one message of every size, again and again, until each has come unchanged.
func arrives(ctx context.Context, t *testing.T, sizes []int, send func([]byte) error,
	recv func(context.Context) ([]byte, error),
) {
	t.Helper()
	for i, n := range sizes {
		want := fill(i, n)
		stop := repeat(t, func() error { return send(want) })
		for {
			got, err := recv(ctx)
			if err != nil {
				stop()
				t.Fatalf("%d bytes: %v", n, err)
			}
			if bytes.Equal(got, want) {
				break
			}
			if known(got, sizes[:i+1]) { // doubled, or late
				continue
			}
			stop()
			t.Fatalf("%d bytes: got %d others", n, len(got))
		}
		stop()
	}
}

func known(b []byte, sizes []int) bool {
	for i, n := range sizes {
		if bytes.Equal(b, fill(i, n)) {
			return true
		}
	}
	return false
}

// repeat calls send until the function it returns is called, which waits for the last call.
func repeat(t *testing.T, send func() error) (stop func()) {
	quit := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		tick := time.NewTicker(resend)
		defer tick.Stop()
		for {
			if err := send(); err != nil {
				t.Errorf("sending: %v", err)
				return
			}
			select {
			case <-tick.C:
			case <-quit:
				return
			}
		}
	})
	return sync.OnceFunc(func() { close(quit); wg.Wait() })
}

func channelsApart(ctx context.Context, t *testing.T, s, h session.Link) {
	all := []session.Channel{session.ChanControl, session.ChanChat, session.ChanClipboard}
	for _, ch := range all {
		if err := s.Send(ch, []byte{byte(ch), 0xA5}); err != nil {
			t.Fatal(err)
		}
	}
	for i := range all {
		ch := all[len(all)-1-i]
		if got, err := h.Recv(ctx, ch); err != nil || !bytes.Equal(got, []byte{byte(ch), 0xA5}) {
			t.Errorf("channel %d: got %x, %v", ch, got, err)
		}
	}
}

func senderBuffer(ctx context.Context, t *testing.T, s, h session.Link) {
	b := make([]byte, 8)
	for i := range 32 {
		copy(b, fill(i, 8))
		if err := h.Send(session.ChanControl, b); err != nil {
			t.Fatal(err)
		}
		clear(b)
	}
	var kept [][]byte
	for range 32 {
		got, err := s.Recv(ctx, session.ChanControl)
		if err != nil {
			t.Fatal(err)
		}
		kept = append(kept, got)
	}
	for i, got := range kept { // the reader keeps what it was given
		if !bytes.Equal(got, fill(i, 8)) {
			t.Errorf("message %d: got %x", i, got)
		}
	}
}

func limits(ctx context.Context, t *testing.T, s, h session.Link) {
	for name, err := range map[string]error{
		"message":         s.Send(session.ChanControl, make([]byte, maxMessage+1)),
		"picture":         s.WritePacket(make([]byte, maxPacket+1)),
		"acknowledgement": h.WriteAck(make([]byte, maxAck+1)),
		"no such channel": s.Send(session.ChanPen+1, []byte("x")),
	} {
		if err == nil {
			t.Errorf("%s: not refused", name)
		}
	}
	if _, err := s.Recv(ctx, session.ChanPen+1); err == nil {
		t.Error("read from no such channel")
	}
	if err := s.Send(session.ChanControl, []byte("on")); err != nil {
		t.Fatal(err)
	}
	if got, err := h.Recv(ctx, session.ChanControl); err != nil || string(got) != "on" {
		t.Errorf("after the refusals: got %q, %v", got, err)
	}
}

func contextEndsRead(ctx context.Context, t *testing.T, s, h session.Link) {
	over, cancel := context.WithCancel(ctx)
	cancel()
	for name, read := range map[string]func() error{
		"Recv":       func() error { _, err := h.Recv(over, session.ChanControl); return err },
		"ReadPacket": func() error { _, err := h.ReadPacket(over); return err },
		"ReadAck":    func() error { _, err := s.ReadAck(over); return err },
	} {
		if err := read(); !errors.Is(err, context.Canceled) {
			t.Errorf("%s: got %v, want context.Canceled", name, err)
		}
	}
	if err := s.Send(session.ChanControl, []byte("later")); err != nil {
		t.Fatal(err)
	}
	if got, err := h.Recv(ctx, session.ChanControl); err != nil || string(got) != "later" {
		t.Errorf("got %q, %v", got, err)
	}
}

func nobodyReads(ctx context.Context, t *testing.T, s, h session.Link) {
	for i := range 4 * queueLen {
		if err := s.WritePacket(fill(i, maxPacket)); err != nil {
			t.Fatalf("picture %d: %v", i, err)
		}
		if err := h.Send(session.ChanInput, fill(i, 16)); err != nil {
			t.Fatalf("input %d: %v", i, err)
		}
	}
	last := fill(1<<20, 64)
	stop := repeat(t, func() error { return s.WritePacket(last) })
	defer stop()
	for { // old ones first, but a new one comes
		got, err := h.ReadPacket(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Equal(got, last) {
			return
		}
	}
}

func flood(ctx context.Context, t *testing.T, s, h session.Link) {
	ended := make(chan error, 1)
	go func() {
		_, err := s.Recv(ctx, session.ChanChat)
		ended <- err
	}()
	for i := range 64 * queueLen {
		if h.Send(session.ChanControl, fill(i, 16)) != nil {
			break
		}
	}
	if err := <-ended; err == nil || ctx.Err() != nil {
		t.Errorf("got %v after %v, want the end of the link", err, patience)
	}
}

func manySenders(ctx context.Context, t *testing.T, s, h session.Link) {
	const senders, each = 8, 50
	var wg sync.WaitGroup
	for i := range senders {
		wg.Go(func() {
			for j := range each {
				if err := h.Send(session.ChanControl, fill(i*each+j, 8)); err != nil {
					t.Errorf("sender %d: %v", i, err)
				}
				if err := errors.Join(s.WritePacket(fill(j, 100)), h.WriteAck(fill(j, 68)), h.Send(session.ChanInput, fill(j, 9))); err != nil {
					t.Errorf("sender %d: %v", i, err)
				}
				_ = s.Status()
			}
		})
	}
	seen := map[uint32]bool{}
	for range senders * each {
		b, err := s.Recv(ctx, session.ChanControl)
		if err != nil || len(b) != 8 {
			t.Errorf("got %d bytes, %v after %d messages", len(b), err, len(seen))
			break // the senders must be done before the test is
		}
		seen[binary.BigEndian.Uint32(b)] = true
	}
	wg.Wait()
	if len(seen) != senders*each {
		t.Errorf("got %d different messages, want %d", len(seen), senders*each)
	}
}

func closeWakes(ctx context.Context, t *testing.T, s, h session.Link) {
	type answer struct {
		who string
		err error
	}
	var readers int
	answers := make(chan answer, 16)
	read := func(who string, f func(context.Context) ([]byte, error)) {
		readers++
		go func() {
			_, err := f(ctx)
			answers <- answer{who, err}
		}()
	}
	for who, l := range map[string]session.Link{"sharer": s, "helper": h} {
		for ch := session.ChanControl; ch <= session.ChanPen; ch++ {
			read(who, func(ctx context.Context) ([]byte, error) { return l.Recv(ctx, ch) })
		}
	}
	read("helper's pictures", h.ReadPacket)
	read("sharer's acknowledgements", s.ReadAck)
	closeBoth(t, s, s)
	for range readers {
		if a := <-answers; !errors.Is(a.err, io.EOF) {
			t.Errorf("%s: got %v, want io.EOF", a.who, a.err)
		}
	}
	closeBoth(t, h)
	for name, err := range map[string]error{
		"Send": s.Send(session.ChanControl, []byte("x")), "WritePacket": s.WritePacket([]byte("x")), "WriteAck": h.WriteAck([]byte("x")),
	} {
		if err == nil {
			t.Errorf("%s after Close: no error", name)
		}
	}
	if _, err := s.Recv(ctx, session.ChanControl); !errors.Is(err, io.EOF) {
		t.Errorf("Recv after Close: got %v, want io.EOF", err)
	}
	_ = s.Status()
}

// leavesNone counts goroutines: a transport may take a moment to end its own.
func leavesNone(t *testing.T, open func(t *testing.T) (sharer, helper session.Link)) {
	before := runtime.NumGoroutine()
	for range 20 { // each time there is something on its way when the first end closes
		s, h := open(t)
		if err := errors.Join(s.WritePacket([]byte("picture")), h.WriteAck([]byte("acks"))); err != nil {
			t.Fatal(err)
		}
		closeBoth(t, s, h)
	}
	tick := time.NewTicker(resend)
	defer tick.Stop()
	limit := time.NewTimer(patience)
	defer limit.Stop()
	for runtime.NumGoroutine() > before {
		select {
		case <-tick.C:
		case <-limit.C:
			t.Fatalf("%d goroutines, %d before:\n%s", runtime.NumGoroutine(), before, stacks())
		}
	}
}
