package client

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http/httptrace"
	"sync"
	"time"

	"beside/auth"
	"beside/policy/api"
)

// State is how a Session is connected.
type State uint8

// The states. A Session begins with Connecting and ends with Lost.
const (
	Connecting   State = iota // for the first time
	Connected                 // requests reach the endpoint
	Reconnecting              // the line broke
	Lost                      // over
)

var stateNames = [...]string{"connecting", "connected", "reconnecting", "lost"}

// String is for logs.
func (s State) String() string {
	if int(s) < len(stateNames) {
		return stateNames[s]
	}
	return "unknown"
}

const (
	keepTrying   = 60 * time.Second // to come back, where there is no session
	firstBackoff = 250 * time.Millisecond
	lastBackoff  = 5 * time.Second
	liveBackoff  = time.Second // instead, while people wait for a session to go on
	resumeWithin = 5 * time.Second
)

// ErrLost means that the line broke and did not come back, or may not.
var ErrLost = errors.New("client: connection lost")

// Session is a connection that comes back. It watches its own calls: the session that a
// code.new or code.claim begins is resumed on each new connection until it ends, and its
// pushes arrive once and in order. It is safe for concurrent use.
type Session struct {
	client *Client
	pushes chan api.Frame
	states chan State

	mu    sync.Mutex
	conn  *Conn         // nil while there is none
	ready chan struct{} // closed when conn is set
	over  chan struct{} // closed when Run returned
	why   error         // why it did; set before over is closed
	id    string        // of the session to resume, "" for none
	token string        // to resume it with
	seen  map[string]uint64

	changes chan struct{} // this machine's network has changed

	device Device // nil: none proves itself
	denied func(error)
}

// maxSeen bounds how many sessions are counted; only one is live.
const maxSeen = 16

// NewSession makes a Session; Run connects it.
func (c *Client) NewSession() *Session {
	return &Session{
		client: c, pushes: make(chan api.Frame, maxPushes), states: make(chan State, 1),
		ready: make(chan struct{}), over: make(chan struct{}), seen: map[string]uint64{},
		changes: make(chan struct{}, 1),
	}
}

// Pushes are the endpoint's pushes. It is closed when Run returns.
func (s *Session) Pushes() <-chan api.Frame { return s.pushes }

// States tells changes; a reader who is late sees only the newest. It is closed when Run returns.
func (s *Session) States() <-chan State { return s.states }

// Run connects and keeps connected until ctx ends, which is no error. It is called once. It
// gives up when the first connection fails, when a broken one does not come back within 60
// seconds, or at once when trying again cannot help; the error is ErrLost with the cause.
func (s *Session) Run(ctx context.Context) error {
	defer close(s.pushes)
	defer close(s.states)
	defer close(s.over)
	wctx, stop := context.WithCancel(ctx)
	var watching sync.WaitGroup
	defer watching.Wait()
	defer stop()
	watching.Go(func() { watchNetwork(wctx, s.changes) })
	s.state(Connecting)
	conn, err := s.connect(ctx)
	pause := time.Duration(0)
	for err == nil {
		began := time.Now()
		s.set(conn)
		s.state(Connected)
		err = s.pump(ctx, conn)
		s.set(nil)
		_ = conn.Close()
		if err != nil {
			break
		}
		s.state(Reconnecting)
		if pause = s.longer(pause, 0); time.Since(began) > 2*lastBackoff {
			pause = 0 // it had been good
		}
		conn, err = s.comeBack(ctx, pause)
	}
	s.state(Lost)
	if ctx.Err() != nil {
		s.why = ErrLost
		return nil
	}
	s.why = fmt.Errorf("%w: %w", ErrLost, err)
	return s.why
}

// Call is Conn.Call on the connection there is, or on the next one if it comes in time. A
// request is never repeated: when the line breaks under it the error is ErrClosed, and
// whether it was carried out is not known. After Run it is Run's error, or ErrLost.
func (s *Session) Call(ctx context.Context, typ string, body, answer any) error {
	conn, err := s.get(ctx)
	if err != nil {
		return err
	}
	var raw json.RawMessage
	if err := conn.Call(ctx, typ, body, &raw); err != nil {
		return err
	}
	s.watch(typ, body, raw)
	if answer == nil {
		return nil
	}
	if err := json.Unmarshal(raw, answer); err != nil {
		return fmt.Errorf("client: answer: %w", ErrProtocol)
	}
	return nil
}

// get waits for a connection.
func (s *Session) get(ctx context.Context) (*Conn, error) {
	for {
		s.mu.Lock()
		conn, ready := s.conn, s.ready
		s.mu.Unlock()
		if conn != nil {
			return conn, nil
		}
		select {
		case <-ready:
		case <-ctx.Done():
			return nil, fmt.Errorf("client: %w", ctx.Err())
		case <-s.over:
			return nil, s.why
		}
	}
}

// watch learns from an answer which session to resume.
func (s *Session) watch(typ string, body any, answer json.RawMessage) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch typ {
	case api.TypeCodeNew, api.TypeCodeClaim, api.TypeLaunchStart, api.TypeLaunchJoin:
		var begun struct{ Session, Resume string }
		if json.Unmarshal(answer, &begun) == nil && begun.Session != "" && begun.Resume != "" {
			s.id, s.token = begun.Session, begun.Resume
		}
	case api.TypeCodeCancel, api.TypeEnd:
		if b, err := json.Marshal(body); err == nil && sessionOf(b) == s.id {
			s.id, s.token = "", ""
		}
	}
}

// pump hands pushes on until the connection ends. nil means that it is worth coming back.
func (s *Session) pump(ctx context.Context, conn *Conn) error {
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-s.changes:
			conn.moved()
		case f, ok := <-conn.Pushes():
			if !ok {
				if err := conn.Err(); errors.Is(err, ErrReplaced) || errors.Is(err, ErrProtocol) {
					return err
				}
				return nil
			}
			select {
			case s.pushes <- f:
				s.count(f)
			case <-ctx.Done():
				return ctx.Err()
			}
		}
	}
}

// count keeps the number of a session's last push: all count, Signals show theirs.
func (s *Session) count(f api.Frame) {
	var b struct {
		Session string
		Seq     uint64
	}
	if json.Unmarshal(f.Body, &b) != nil || b.Session == "" {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, known := s.seen[b.Session]; !known && len(s.seen) >= maxSeen {
		for k := range s.seen {
			if k != s.id {
				delete(s.seen, k)
			}
		}
	}
	if f.Type == api.TypeSignal && b.Seq > 0 {
		s.seen[b.Session] = b.Seq
	} else {
		s.seen[b.Session]++
	}
	if f.Type == api.TypeEnd && b.Session == s.id {
		s.id, s.token = "", ""
	}
}

// longer is the pause after pause, when the connection has been gone for some time.
func (s *Session) longer(pause, gone time.Duration) time.Duration {
	most := lastBackoff
	if s.live() && gone < s.client.keepTrying {
		most = liveBackoff
	}
	return min(max(2*pause, firstBackoff), most)
}

// live says whether there is a session to resume.
func (s *Session) live() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.id != ""
}

// comeBack dials and resumes, after a pause, until it works, it cannot, or the time is up. A session
// that goes on between the apps has no such time: its grant can only be renewed through the endpoint.
func (s *Session) comeBack(ctx context.Context, pause time.Duration) (*Conn, error) {
	err := ErrClosed
	for began := time.Now(); ; pause = s.longer(pause, time.Since(began)) {
		if time.Since(began) > s.client.keepTrying && !s.live() {
			return nil, err
		}
		select {
		case <-time.After(pause/2 + rand.N(pause+1)/2): //nolint:gosec // only spreads the load
		case <-s.changes: // it may work now
		case <-ctx.Done():
			return nil, err
		}
		var conn *Conn
		conn, err = s.attempt(ctx)
		if err == nil {
			if err = s.goOn(ctx, conn); err == nil {
				return conn, nil
			}
			_ = conn.Close()
		}
		if hopeless(err) {
			return nil, err
		}
	}
}

const (
	attemptWithin = 6 * time.Second
	connectWithin = 1500 * time.Millisecond // a second SYN goes out after one
)

// attempt dials, and does not wait for TCP to repeat itself, at ever longer intervals, on a path that
// may be another one by now.
func (s *Session) attempt(ctx context.Context) (*Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, attemptWithin)
	defer cancel()
	// What an attempt that was given up connected in the end waits in a pool, from an address that may
	// be gone.
	s.client.http.CloseIdleConnections()
	connected := make(chan struct{})
	var once sync.Once
	up := func() { once.Do(func() { close(connected) }) }
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GotConn: func(httptrace.GotConnInfo) { up() },
		ConnectDone: func(_, _ string, err error) {
			if err == nil {
				up()
			}
		},
	})
	var wg sync.WaitGroup
	defer wg.Wait()
	defer up()
	wg.Go(func() {
		t := time.NewTimer(connectWithin)
		defer t.Stop()
		select {
		case <-connected:
		case <-t.C:
			cancel()
		case <-s.changes:
			cancel()
		}
	})
	return s.client.Dial(ctx)
}

// resume has the new connection speak for the session, if there is one.
func (s *Session) resume(ctx context.Context, conn *Conn) error {
	s.mu.Lock()
	ask := api.Resume{Session: s.id, Token: s.token, LastSeq: s.seen[s.id]}
	s.mu.Unlock()
	if ask.Session == "" {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, resumeWithin)
	defer cancel()
	var next api.Resumed
	if err := conn.Call(ctx, api.TypeResume, ask, &next); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.id == ask.Session {
		s.token = next.Resume
	}
	return nil
}

// hopeless says whether trying again cannot help.
func hopeless(err error) bool {
	var p *api.Problem
	if errors.As(err, &p) {
		switch p.Code {
		case api.RateLimited, api.Internal, api.DirectoryDown, api.TokenRefused: // the next token may be good
			return false
		}
		return true
	}
	return errors.Is(err, auth.ErrSignInNeeded) || errors.Is(err, auth.ErrWrongAccount)
}

func (s *Session) set(conn *Conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.conn = conn
	if conn != nil {
		close(s.ready)
		return
	}
	s.ready = make(chan struct{})
}

// state replaces what nobody has read yet. Only Run calls it.
func (s *Session) state(st State) {
	select {
	case <-s.states:
	default:
	}
	s.states <- st
}

func sessionOf(b []byte) string {
	var r api.Ref
	if json.Unmarshal(b, &r) != nil {
		return ""
	}
	return r.Session
}
