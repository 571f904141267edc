package signal

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"sync"
	"time"

	"beside/server/store"
)

// Bounds of what is kept while the store takes no rows.
const (
	maxSpool     = 100_000
	maxSpoolFile = 64 << 20
)

// errSpool means that an audit row can be kept nowhere. What it tells must then not happen.
var errSpool = errors.New("signal: audit rows can be kept nowhere")

// kept is an audit row that waits for the store.
type kept struct {
	Tenant string      `json:"tenant"`
	At     time.Time   `json:"at"`
	Entry  store.Entry `json:"entry"`
}

// spool keeps audit rows in order, in memory and, if it has one, in a file that outlives the
// process. Rows may come twice after a crash, none is lost. It is safe for concurrent use.
type spool struct {
	path string

	mu   sync.Mutex
	rows []kept
	size int64
}

// newSpool takes up what an earlier process left. A row that was cut off by a crash was
// never acknowledged.
func newSpool(path string) (*spool, error) {
	s := &spool{path: path}
	if path == "" {
		return s, nil
	}
	b, err := os.ReadFile(path)
	if err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return s, nil
		}
		return s, fmt.Errorf("signal: spool: %w", err)
	}
	for line := range bytes.Lines(b) {
		var k kept
		if json.Unmarshal(line, &k) == nil && k.Tenant != "" && len(s.rows) < maxSpool {
			s.rows = append(s.rows, k)
		}
	}
	s.size = int64(len(b))
	return s, nil
}

// put keeps a row. errSpool if it cannot.
func (s *spool) put(k kept) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	line, err := json.Marshal(k)
	if err != nil {
		return fmt.Errorf("signal: spool: %w", err)
	}
	line = append(line, '\n')
	if len(s.rows) >= maxSpool {
		return errSpool
	}
	if s.path != "" && s.size+int64(len(line)) <= maxSpoolFile {
		// A full disk may be why the store takes nothing: memory then has to do.
		if s.write(line) == nil {
			s.size += int64(len(line))
		}
	}
	s.rows = append(s.rows, k)
	return nil
}

func (s *spool) write(line []byte) error {
	f, err := os.OpenFile(s.path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(line)
	return errors.Join(err, f.Sync(), f.Close())
}

func (s *spool) len() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.rows)
}

// drain hands the rows on in order until one is refused.
func (s *spool) drain(ctx context.Context, to func(context.Context, kept) error) error {
	for {
		s.mu.Lock()
		if len(s.rows) == 0 {
			defer s.mu.Unlock()
			return s.clear()
		}
		k := s.rows[0]
		s.mu.Unlock()
		if err := to(ctx, k); err != nil {
			return err
		}
		s.mu.Lock()
		s.rows = s.rows[1:]
		s.mu.Unlock()
	}
}

// clear empties the file.
func (s *spool) clear() error {
	s.rows = nil
	if s.size == 0 {
		return nil
	}
	s.size = 0
	if err := os.Remove(s.path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("signal: spool: %w", err)
	}
	return nil
}
