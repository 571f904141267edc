package pair

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"sync"

	"beside/internal/lv"
)

// maxSpent bounds the memory of Spent; a code lives for ten minutes, and nobody types this many.
const maxSpent = 4096

// Spent remembers the codes that this app already ran, so that even an endpoint that says "try
// again" gets no second guess. It keeps no code, only a MAC under a key of its own. It is safe
// for concurrent use.
type Spent struct {
	mu   sync.Mutex
	key  [32]byte
	seen map[[32]byte]bool
}

// NewSpent makes an empty one.
func NewSpent() (*Spent, error) {
	s := &Spent{seen: map[[32]byte]bool{}}
	_, err := rand.Read(s.key[:])
	return s, err
}

func (s *Spent) mac(locator, secret string) [32]byte {
	m := hmac.New(sha256.New, s.key[:])
	m.Write(lv.Cat([]byte(locator), []byte(secret)))
	return [32]byte(m.Sum(nil))
}

// Spent says whether the code was spent before. When the memory is full, every code is.
func (s *Spent) Spent(locator, secret string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.seen) >= maxSpent || s.seen[s.mac(locator, secret)]
}

// Spend marks the code as spent and says whether it was this call that did: it may run only then.
func (s *Spent) Spend(locator, secret string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	m := s.mac(locator, secret)
	if len(s.seen) >= maxSpent || s.seen[m] {
		return false
	}
	s.seen[m] = true
	return true
}
