package link

import (
	"bytes"
	"math/rand/v2"
	"testing"
	"time"
)

// Fragments in any order make the message.
func TestAnyOrder(t *testing.T) {
	rnd := rand.New(rand.NewPCG(3, 4))
	for n := range 200 {
		data := make([]byte, 1+rnd.IntN(40*Payload))
		for i := range data {
			data[i] = byte(rnd.Uint32())
		}
		of := (len(data) + Payload - 1) / Payload
		var r Receiver
		for i, frag := range rnd.Perm(of) {
			p := packet{
				kind: Picture, number: uint32(i), message: 1, frag: frag, of: of,
				payload: data[frag*Payload : min(len(data), (frag+1)*Payload)],
			}
			err := r.Packet(0, p.append(nil))
			m, ok := r.Next()
			if err != nil || ok != (i == of-1) {
				t.Fatalf("%d: fragment %d of %d: %v %v", n, i, of, ok, err)
			}
			if ok && !bytes.Equal(m.Data, data) {
				t.Fatalf("%d: %d bytes became another message", n, len(data))
			}
		}
	}
}

// A fragment of a message that names itself large costs no more than what it brought.
func TestOneFragmentIsCheap(t *testing.T) {
	var r Receiver
	p := packet{kind: Picture, of: MaxFragments, payload: make([]byte, Payload)}
	for i := range uint32(10_000) {
		p.number, p.message = i, i
		if err := r.Packet(0, p.append(nil)); err != nil {
			t.Fatal(err)
		}
		total := 0
		for _, q := range r.partials {
			total += cap(q.buf)
		}
		if total > maxPartials*firstBuffer || len(r.partials) > maxPartials || r.buffered > maxBuffered {
			t.Fatalf("%d messages hold %d bytes", len(r.partials), total)
		}
	}
}

func TestHostileFragmentsAreBounded(t *testing.T) {
	r := &Receiver{}
	for i := range uint32(150) {
		p := packet{number: i, message: 1000 + i, frag: 0, of: MaxFragments, payload: make([]byte, Payload)}
		if err := r.Packet(time.Duration(i), p.append(nil)); err != nil {
			t.Fatal(err)
		}
		if r.buffered > maxBuffered || len(r.partials) > maxPartials {
			t.Fatalf("%d bytes in %d partials", r.buffered, len(r.partials))
		}
	}
}
