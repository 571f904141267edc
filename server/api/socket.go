package api

import (
	"context"
	"encoding/json"
	"net/http"
	"sync"
	"time"

	"github.com/coder/websocket"
	"golang.org/x/time/rate"

	"beside/policy/api"
	"beside/server/problem"
	"beside/server/signal"
)

// Limits of one socket.
const (
	outQueue      = 512 // frames that wait for a slow reader before the socket ends
	framesPerSec  = 30
	framesBurst   = 120
	writeTimeout  = 10 * time.Second
	pingEvery     = 20 * time.Second
	requestWithin = 15 * time.Second
)

// Close codes. Apps may resume after each of them but the protocol ones.
const (
	statusGoingAway = websocket.StatusGoingAway
	statusSlow      = websocket.StatusCode(4408) // reads too slowly or answers no ping
	statusToken     = websocket.StatusCode(4401) // the token has run out: connect with a new one
	statusReplaced  = websocket.StatusCode(4409) // another socket resumed the session
	statusProtocol  = websocket.StatusPolicyViolation
)

// app is the WebSocket of an app.
func (s *Server) app(w http.ResponseWriter, r *http.Request) {
	if len(r.Header.Values("Origin")) > 0 { // browsers send it, apps never do (PROTOCOL attack 37)
		s.fail(w, r, &api.Problem{Title: "Web pages may not connect.", Status: http.StatusForbidden, Code: api.ProtocolBroken})
		return
	}
	caller, err := s.caller(r)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	if _, err := s.o.Hub.Me(r.Context(), caller); err != nil { // guests and unknown accounts stop here
		s.fail(w, r, err)
		return
	}
	c := &conn{out: make(chan api.Frame, outQueue), quit: make(chan struct{})}
	if err := s.enter(c, caller); err != nil {
		s.fail(w, r, err)
		return
	}
	defer s.leave(c, caller) //nolint:contextcheck // what it undoes outlives the request
	ws, err := websocket.Accept(w, r, &websocket.AcceptOptions{CompressionMode: websocket.CompressionDisabled})
	if err != nil {
		return // Accept has answered
	}
	ws.SetReadLimit(api.MaxFrame)
	s.serve(r.Context(), ws, c, caller)
}

// enter counts a socket in, or refuses it.
func (s *Server) enter(c *conn, caller signal.Caller) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	account := caller.Tenant + "/" + caller.Object
	switch {
	case s.draining:
		return &api.Problem{Title: "The endpoint is restarting.", Status: http.StatusServiceUnavailable, Code: api.Internal, Retry: 2}
	case s.accounts[account] >= SocketsPerAccount || s.addrs[caller.Address] >= SocketsPerAddress:
		return problem.Later(api.RateLimited, time.Minute)
	}
	s.conns[c] = struct{}{}
	s.accounts[account]++
	s.addrs[caller.Address]++
	return nil
}

func (s *Server) leave(c *conn, caller signal.Caller) {
	s.o.Hub.Gone(c)
	s.mu.Lock()
	defer s.mu.Unlock()
	account := caller.Tenant + "/" + caller.Object
	delete(s.conns, c)
	if s.accounts[account]--; s.accounts[account] <= 0 {
		delete(s.accounts, account)
	}
	if s.addrs[caller.Address]--; s.addrs[caller.Address] <= 0 {
		delete(s.addrs, caller.Address)
	}
}

// serve reads requests until the socket ends, and owns the goroutine that writes.
func (s *Server) serve(ctx context.Context, ws *websocket.Conn, c *conn, caller signal.Caller) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var wg sync.WaitGroup
	wg.Go(func() {
		c.write(ctx, ws, s.tokenLeft(caller))
		cancel()
	})
	c.read(ctx, ws, func(f api.Frame) {
		// A request that has begun is finished even if the socket breaks meanwhile.
		rctx, done := context.WithTimeout(context.WithoutCancel(ctx), requestWithin)
		defer done()
		s.o.Hub.Do(rctx, caller, c, f)
	})
	c.close(websocket.StatusNormalClosure, "")
	wg.Wait()
	_ = ws.CloseNow()
}

// tokenLeft is how long the caller's token counts.
func (s *Server) tokenLeft(caller signal.Caller) time.Duration {
	if caller.Expires.IsZero() {
		return time.Hour
	}
	return caller.Expires.Sub(s.o.Now())
}

// conn is one socket. It implements signal.Socket.
type conn struct {
	out  chan api.Frame
	quit chan struct{}

	once   sync.Once
	status websocket.StatusCode
	reason string
}

// Push queues a frame. It never waits.
func (c *conn) Push(f api.Frame) {
	select {
	case c.out <- f:
	case <-c.quit:
	default:
		c.close(statusSlow, "too slow")
	}
}

// Close ends the socket after what is queued.
func (c *conn) Close(reason string) { c.close(statusReplaced, reason) }

func (c *conn) close(status websocket.StatusCode, reason string) {
	c.once.Do(func() {
		c.status, c.reason = status, reason
		close(c.quit)
	})
}

// read hands complete requests to do, one after the other. What is not a request as
// policy/api says ends the socket.
func (c *conn) read(ctx context.Context, ws *websocket.Conn, do func(api.Frame)) {
	limit := rate.NewLimiter(framesPerSec, framesBurst)
	var last uint64
	for {
		typ, b, err := ws.Read(ctx)
		if err != nil {
			return
		}
		f, ok := decode(b)
		switch {
		case typ != websocket.MessageText || !ok || f.ID <= last:
			c.close(statusProtocol, "protocol")
			return
		case !limit.Allow():
			c.close(statusProtocol, "rate")
			return
		}
		last = f.ID
		select {
		case <-c.quit:
			return
		default:
			do(f)
		}
	}
}

// decode reads a request frame.
func decode(b []byte) (f api.Frame, ok bool) {
	if len(b) > api.MaxFrame || json.Unmarshal(b, &f) != nil {
		return api.Frame{}, false
	}
	return f, f.ID > 0 && f.Re == 0 && f.Type != "" && len(f.Type) <= 32
}

// write sends what is queued and pings, until the socket ends; then it closes it.
func (c *conn) write(ctx context.Context, ws *websocket.Conn, left time.Duration) {
	ping := time.NewTicker(pingEvery)
	defer ping.Stop()
	expire := time.NewTimer(left)
	defer expire.Stop()
	for {
		select {
		case f := <-c.out:
			if send(ctx, ws, f) != nil {
				return
			}
		case <-ping.C:
			pctx, cancel := context.WithTimeout(ctx, writeTimeout)
			err := ws.Ping(pctx)
			cancel()
			if err != nil {
				return
			}
		case <-expire.C:
			c.close(statusToken, "token")
		case <-c.quit:
			c.flush(ctx, ws)
			_ = ws.Close(c.status, c.reason)
			return
		case <-ctx.Done():
			return
		}
	}
}

// flush sends what is still queued, unless the reader is the reason for the end.
func (c *conn) flush(ctx context.Context, ws *websocket.Conn) {
	for c.status != statusSlow {
		select {
		case f := <-c.out:
			if send(ctx, ws, f) != nil {
				return
			}
		default:
			return
		}
	}
}

func send(ctx context.Context, ws *websocket.Conn, f api.Frame) error {
	b, err := json.Marshal(f)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, writeTimeout)
	defer cancel()
	return ws.Write(ctx, websocket.MessageText, b)
}
