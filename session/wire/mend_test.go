package wire_test

import (
	"errors"
	"reflect"
	"testing"

	"beside/session/wire"
)

func mends() map[string]wire.Mend {
	return map[string]wire.Mend{
		"ask": {Step: wire.MendAsk, N: 1}, "ready": {Step: wire.MendReady, N: 1 << 31},
		"offer": {Step: wire.MendOffer, N: 7, Description: []byte("x")}, "answer": {Step: wire.MendAnswer, N: 7, Description: make([]byte, wire.MaxAddress)},
	}
}

func TestMendRoundTrip(t *testing.T) {
	for name, m := range mends() {
		b := wire.AppendSealed(nil, m)
		if got, err := wire.ParseSealed(b); err != nil || !reflect.DeepEqual(got, wire.Message(m)) {
			t.Errorf("%s: %v, %v", name, got, err)
		}
		if _, err := wire.Parse(b); !errors.Is(err, wire.ErrBad) {
			t.Errorf("%s on the control channel: %v", name, err)
		}
	}
	for name, m := range map[string]wire.Mend{
		"no step": {N: 1}, "another step": {Step: wire.MendAnswer + 1, N: 1, Description: []byte("x")}, "no number": {Step: wire.MendAsk},
		"a question with an address": {Step: wire.MendAsk, N: 1, Description: []byte("x")}, "an offer without": {Step: wire.MendOffer, N: 1},
		"an oversize answer": {Step: wire.MendAnswer, N: 1, Description: make([]byte, wire.MaxAddress+1)},
	} {
		if _, err := wire.ParseSealed(wire.AppendSealed(nil, m)); !errors.Is(err, wire.ErrBad) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := wire.ParseSealed(wire.AppendSealed(nil, mends()["ask"])[:5]); !errors.Is(err, wire.ErrBad) {
		t.Errorf("cut short: %v", err)
	}
}

func FuzzParseSealed(f *testing.F) {
	for _, m := range mends() {
		f.Add(wire.AppendSealed(nil, m))
	}
	f.Add(wire.AppendSealed(nil, wire.Address{Description: []byte("x")}))
	f.Fuzz(func(t *testing.T, b []byte) {
		if m, err := wire.ParseSealed(b); err == nil {
			if again := wire.AppendSealed(nil, m); string(again) != string(b) {
				t.Fatalf("%x parsed to %#v, which is written otherwise", b, m)
			}
		} else if !errors.Is(err, wire.ErrBad) {
			t.Fatalf("%v does not wrap ErrBad", err)
		}
	})
}
