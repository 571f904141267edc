package sessiontest

import (
	"encoding/binary"
	"errors"
	"io"
	"slices"
	"testing"
	"testing/synctest"

	"beside/session"
)

func TestPair(t *testing.T) {
	LinkContract(t, func(*testing.T) (s, h session.Link) { return Pair() })
}

func TestPairLossy(t *testing.T) {
	LinkContract(t, func(*testing.T) (s, h session.Link) { return PairLossy(7, 0.3) })
}

// got sends n pictures and says which came.
func got(t *testing.T, seed uint64, loss float64, n int) []uint32 {
	t.Helper()
	s, h := PairLossy(seed, loss)
	for i := range n {
		if err := s.WritePacket(fill(i, 8)); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	var out []uint32
	for {
		b, err := h.ReadPacket(t.Context())
		if errors.Is(err, io.EOF) {
			return out
		}
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, binary.BigEndian.Uint32(b))
	}
}

func TestLoss(t *testing.T) {
	const n = 1000
	one, again, other := got(t, 1, 0.2, n), got(t, 1, 0.2, n), got(t, 2, 0.2, n)
	if len(one) < 750 || len(one) > 850 {
		t.Errorf("%d of %d came, want about 800", len(one), n)
	}
	if !slices.Equal(one, again) {
		t.Error("the same seed lost others")
	}
	if slices.Equal(one, other) {
		t.Error("another seed lost the same")
	}
	if all := got(t, 1, 0, n); len(all) != n {
		t.Errorf("%d of %d came without loss", len(all), n)
	}
	if none := got(t, 1, 1, n); len(none) != 0 {
		t.Errorf("%d came although all are lost", len(none))
	}
}

func TestPairInABubble(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, h := Pair()
		var err error
		go func() { _, err = h.Recv(t.Context(), session.ChanControl) }()
		synctest.Wait()
		if cerr := s.Close(); cerr != nil {
			t.Fatal(cerr)
		}
		synctest.Wait()
		if !errors.Is(err, io.EOF) {
			t.Errorf("got %v, want io.EOF", err)
		}
	})
}

func TestFloodIsNamed(t *testing.T) {
	s, h := Pair()
	var err error
	for range queueLen + 1 {
		err = h.Send(session.ChanChat, []byte("x"))
	}
	if !errors.Is(err, ErrFlood) {
		t.Errorf("got %v, want ErrFlood", err)
	}
	if err := s.WritePacket([]byte("x")); !errors.Is(err, ErrFlood) {
		t.Errorf("the other end: got %v, want ErrFlood", err)
	}
}
