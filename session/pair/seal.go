package pair

import (
	"crypto/aes"
	"crypto/cipher"
	"encoding/binary"
	"fmt"
	"sync"

	"beside/internal/lv"
)

// MaxSealed is the largest body of a sealed message, in bytes.
const MaxSealed = 16<<10 - 64

// box is one direction of the sealed conversation: AES-256-GCM, nonce and associated data from
// the sequence number.
type box struct {
	aead cipher.AEAD
	sid  [32]byte
	dir  string

	mu  sync.Mutex
	seq uint64
	bad bool
}

func (k *Keys) box(from Role) box {
	dir := from.String() + "->" + from.peer().String()
	block, err := aes.NewCipher(k.key("signal " + dir))
	if err != nil {
		return box{bad: true} // cannot happen: the key has 32 bytes
	}
	aead, err := cipher.NewGCM(block)
	return box{aead: aead, sid: k.SID, dir: dir, bad: err != nil}
}

func (b *box) nonceAD(seq uint64) (nonce, ad []byte) {
	n := binary.BigEndian.AppendUint64(make([]byte, 4, 12), seq)
	return n, lv.Cat([]byte("beside-sig/1"), b.sid[:], []byte(b.dir), n[4:])
}

// Sealer seals what one side says. It is safe for concurrent use.
type Sealer struct{ box }

// Sealer is for the messages of side from.
func (k *Keys) Sealer(from Role) *Sealer { return &Sealer{k.box(from)} }

// Seal returns u64be(seq) and the ciphertext. Messages must arrive in the order they were sealed.
func (s *Sealer) Seal(body []byte) ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.bad || len(body) > MaxSealed {
		return nil, fmt.Errorf("%w: %d bytes to seal", ErrProtocol, len(body))
	}
	nonce, ad := s.nonceAD(s.seq)
	out := binary.BigEndian.AppendUint64(nil, s.seq)
	s.seq++
	return s.aead.Seal(out, nonce, body, ad), nil
}

// Opener opens what the other side says. It is safe for concurrent use.
type Opener struct{ box }

// Opener is for the messages of side from.
func (k *Keys) Opener(from Role) *Opener { return &Opener{k.box(from)} }

// Open opens the next message. One that was opened before is ErrDuplicate and may be dropped; a
// gap or a bad tag is ErrProtocol, after which nothing opens any more.
func (o *Opener) Open(msg []byte) ([]byte, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.bad || len(msg) < 8 || len(msg) > MaxSealed+8+16 {
		o.bad = true
		return nil, ErrProtocol
	}
	seq := binary.BigEndian.Uint64(msg)
	if seq < o.seq {
		return nil, ErrDuplicate
	}
	nonce, ad := o.nonceAD(seq)
	body, err := o.aead.Open(nil, nonce, msg[8:], ad)
	if err != nil || seq != o.seq {
		o.bad = true
		return nil, fmt.Errorf("%w: sealed message %d", ErrProtocol, seq)
	}
	o.seq++
	return body, nil
}
