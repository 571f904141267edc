package client

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"sync"
	"time"

	"github.com/coder/websocket"

	"beside/policy/api"
)

// Close codes of the endpoint that mean more than a broken line.
const statusReplaced = websocket.StatusCode(4409)

// Conn is one WebSocket. It is safe for concurrent use.
type Conn struct {
	ws     *websocket.Conn
	ctx    context.Context //nolint:containedctx // ends with the connection; nothing else is in it
	cancel context.CancelCauseFunc
	pushes chan api.Frame
	wg     sync.WaitGroup
	doubt  chan struct{} // a reason to look whether the line is alive
	own    netip.Addr    // this side's address, zero if not known

	write sync.Mutex // one frame at a time: ids must arrive in order
	last  uint64     // id; under write

	mu    sync.Mutex
	waits map[uint64]chan api.Frame
}

func newConn(ws *websocket.Conn, own netip.Addr, every, within time.Duration) *Conn {
	ctx, cancel := context.WithCancelCause(context.Background()) //nolint:forbidigo // lives until Close
	c := &Conn{ws: ws, ctx: ctx, cancel: cancel, pushes: make(chan api.Frame, maxPushes), waits: map[uint64]chan api.Frame{}, doubt: make(chan struct{}, 1), own: own}
	c.wg.Go(c.read)
	c.wg.Go(func() { c.ping(every, within) })
	return c
}

// Pushes are the frames the endpoint sent by itself, in order. It is closed when the
// connection has ended. Whoever lets 256 of them wait loses the connection.
func (c *Conn) Pushes() <-chan api.Frame { return c.pushes }

// Done is closed when the connection has ended; Err then says why.
func (c *Conn) Done() <-chan struct{} { return c.ctx.Done() }

// Err is nil while the connection lives, and always ErrClosed after.
func (c *Conn) Err() error {
	if c.ctx.Err() == nil {
		return nil
	}
	return context.Cause(c.ctx)
}

// Close ends the connection and waits for its goroutines. Calls return ErrClosed.
func (c *Conn) Close() error {
	c.end(ErrClosed)
	c.wg.Wait()
	return nil
}

// Call asks and decodes the answer into answer, unless that is nil. A refusal is
// *api.Problem. When ctx ends first the request may still have been carried out.
func (c *Conn) Call(ctx context.Context, typ string, body, answer any) error {
	var raw json.RawMessage
	if body != nil {
		b, err := json.Marshal(body)
		if err != nil {
			return fmt.Errorf("client: %s: %w", typ, err)
		}
		raw = b
	}
	wait := make(chan api.Frame, 1)
	id, err := c.send(typ, raw, wait) //nolint:contextcheck // half a frame must not be left behind when the caller gives up
	if err != nil {
		return err
	}
	defer c.forget(id)
	var late <-chan time.Time
	if typ == api.TypeSignal { // the endpoint only passes it on: other answers may take their time
		t := time.NewTimer(doubtAfter)
		defer t.Stop()
		late = t.C
	}
	select {
	case f := <-wait:
		return decode(f, answer)
	case <-late:
		c.check()
	case <-ctx.Done():
	case <-c.ctx.Done():
	}
	select {
	case f := <-wait:
		return decode(f, answer)
	case <-ctx.Done():
		err = fmt.Errorf("client: %s: %w", typ, ctx.Err())
	case <-c.ctx.Done():
		err = c.Err()
	}
	select {
	case f := <-wait: // the answer came all the same
		return decode(f, answer)
	default:
		return err
	}
}

// send gives the next id and writes, as one step. A caller who gives up does not break the
// connection: the time to write is the connection's own.
func (c *Conn) send(typ string, body json.RawMessage, wait chan api.Frame) (uint64, error) {
	c.write.Lock()
	defer c.write.Unlock()
	b, err := json.Marshal(api.Frame{Type: typ, ID: c.last + 1, Body: body})
	if err != nil {
		return 0, fmt.Errorf("client: %s: %w", typ, err)
	}
	if len(b) > api.MaxFrame {
		return 0, fmt.Errorf("client: %s: %d bytes are more than a frame holds", typ, len(b))
	}
	c.last++
	c.mu.Lock()
	c.waits[c.last] = wait
	c.mu.Unlock()
	ctx, cancel := context.WithTimeout(c.ctx, writeWithin)
	defer cancel()
	if err := c.ws.Write(ctx, websocket.MessageText, b); err != nil {
		c.end(closed(err))
		c.forget(c.last)
		return 0, c.Err()
	}
	return c.last, nil
}

func (c *Conn) forget(id uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.waits, id)
}

// read takes frames apart until the connection ends. It is the only sender on pushes.
func (c *Conn) read() {
	defer close(c.pushes)
	for {
		typ, b, err := c.ws.Read(c.ctx)
		if err != nil {
			c.end(closed(err))
			return
		}
		var f api.Frame
		if typ != websocket.MessageText || json.Unmarshal(b, &f) != nil || f.Type == "" || f.ID != 0 {
			c.end(fmt.Errorf("%w: %w", ErrClosed, ErrProtocol))
			return
		}
		if f.Re != 0 {
			c.mu.Lock()
			wait := c.waits[f.Re]
			delete(c.waits, f.Re)
			c.mu.Unlock()
			if wait != nil { // else its caller gave up
				wait <- f
			}
			continue
		}
		select {
		case c.pushes <- f:
		default:
			c.end(fmt.Errorf("%w: %w", ErrClosed, ErrOverflow))
			return
		}
	}
}

func (c *Conn) ping(every, within time.Duration) {
	t := time.NewTicker(every)
	defer t.Stop()
	for {
		limit := within
		select {
		case <-c.ctx.Done():
			return
		case <-t.C:
		case <-c.doubt:
			limit = min(within, doubtWithin)
		}
		ctx, cancel := context.WithTimeout(c.ctx, limit)
		err := c.ws.Ping(ctx)
		cancel()
		if err != nil {
			c.end(fmt.Errorf("%w: no pong", ErrClosed))
			return
		}
	}
}

// check looks soon whether the line is alive: else it would take until the next ping, or as long as
// TCP hopes.
func (c *Conn) check() {
	select {
	case c.doubt <- struct{}{}:
	default:
	}
}

// moved is told that this machine's network has changed.
func (c *Conn) moved() {
	if c.own.IsValid() && !has(c.own) {
		c.end(fmt.Errorf("%w: this machine has another address now", ErrClosed))
		return
	}
	c.check()
}

// end ends the connection for the first reason given. The endpoint learns it from the
// broken line, at once.
func (c *Conn) end(why error) {
	c.cancel(why)
	_ = c.ws.CloseNow()
}

// closed is the reason behind an error of the WebSocket.
func closed(err error) error {
	switch websocket.CloseStatus(err) { //nolint:exhaustive // the others are a line that broke
	case statusReplaced:
		return fmt.Errorf("%w: %w", ErrClosed, ErrReplaced)
	case websocket.StatusPolicyViolation, websocket.StatusMessageTooBig, websocket.StatusProtocolError:
		return fmt.Errorf("%w: %w", ErrClosed, ErrProtocol)
	}
	if errors.Is(err, ErrClosed) {
		return err
	}
	return fmt.Errorf("%w: %w", ErrClosed, err)
}

// decode reads an answer.
func decode(f api.Frame, answer any) error {
	switch f.Type {
	case api.TypeError:
		p := &api.Problem{}
		if json.Unmarshal(f.Body, p) != nil || p.Code == "" {
			return &api.Problem{Title: "The endpoint refused.", Code: api.Internal}
		}
		return p
	case api.TypeOK:
		if answer == nil {
			return nil
		}
		if err := json.Unmarshal(f.Body, answer); err != nil {
			return fmt.Errorf("client: answer: %w", ErrProtocol)
		}
		return nil
	}
	return fmt.Errorf("client: answer: %w", ErrProtocol)
}
