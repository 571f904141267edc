package client

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/netip"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"github.com/coder/websocket"

	"beside/policy/api"
)

const (
	maxAnswer   = 512 << 10 // bytes of an HTTP answer that are read
	dialWithin  = 20 * time.Second
	pingEvery   = 20 * time.Second
	pongWithin  = 10 * time.Second
	writeWithin = 10 * time.Second
	doubtAfter  = 1500 * time.Millisecond // without an answer that should come at once
	doubtWithin = 2 * time.Second         // for the pong then
	maxPushes   = 256                     // that may wait for the reader of Pushes
)

var (
	// ErrConfig means that New was given an endpoint or a client that is not safe.
	ErrConfig = errors.New("client: configuration refused")
	// ErrUnreachable means that the endpoint did not answer, or not as an endpoint does.
	ErrUnreachable = errors.New("client: endpoint unreachable")
	// ErrClosed means that the connection has ended.
	ErrClosed = errors.New("client: connection closed")
	// ErrOverflow means that it ended because nobody read Pushes. It comes with ErrClosed.
	ErrOverflow = errors.New("client: pushes were not read")
	// ErrProtocol means that it ended because the endpoint broke the protocol, or said that
	// we did. It comes with ErrClosed.
	ErrProtocol = errors.New("client: protocol broken")
	// ErrReplaced means that another connection took the session over. It comes with ErrClosed.
	ErrReplaced = errors.New("client: resumed elsewhere")
)

// Config says where the endpoint is and who asks.
type Config struct {
	Endpoint string // https origin, e.g. https://help.example
	// HTTP connects; nil for one with the system's certificates. It may not skip the
	// verification of certificates. Redirects are never followed: they would carry the token.
	HTTP *http.Client
	// Token is asked for an access token for each connection. Its errors are returned as
	// they are, wrapped.
	Token func(ctx context.Context) (string, error)
}

// Client asks one endpoint. It is safe for concurrent use.
type Client struct {
	origin string
	http   *http.Client
	token  func(context.Context) (string, error)

	pingEvery, pongWithin, keepTrying time.Duration
}

// New checks the configuration; it does not connect.
func New(c Config) (*Client, error) {
	u, err := url.Parse(c.Endpoint)
	switch {
	case err != nil || u.Scheme != "https" || u.Host == "" || strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.Fragment != "" || u.User != nil:
		return nil, fmt.Errorf("%w: the endpoint must be an https origin", ErrConfig)
	case c.Token == nil:
		return nil, fmt.Errorf("%w: no token source", ErrConfig)
	}
	h := &http.Client{}
	if c.HTTP != nil {
		*h = *c.HTTP
	}
	if t, ok := h.Transport.(*http.Transport); ok && t.TLSClientConfig != nil && t.TLSClientConfig.InsecureSkipVerify {
		return nil, fmt.Errorf("%w: certificates must be verified", ErrConfig)
	}
	h.Timeout = 0 // contexts bound every call; a WebSocket outlives any
	h.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &Client{
		origin: "https://" + strings.ToLower(u.Host), http: h, token: c.Token,
		pingEvery: pingEvery, pongWithin: pongWithin, keepTrying: keepTrying,
	}, nil
}

// Origin is the endpoint's origin, lower case, as a pairing is bound to it.
func (c *Client) Origin() string { return c.origin }

// Config asks what an app needs to know before anybody signs in.
func (c *Client) Config(ctx context.Context) (api.Config, error) {
	var out api.Config
	return out, c.get(ctx, "/v1/config", false, &out)
}

// Me asks who the endpoint takes the signed-in person for.
func (c *Client) Me(ctx context.Context) (api.Me, error) {
	var out api.Me
	return out, c.get(ctx, "/v1/me", true, &out)
}

// get fetches JSON. Refusals are *api.Problem.
func (c *Client) get(ctx context.Context, path string, bearer bool, out any) error {
	ctx, cancel := context.WithTimeout(ctx, dialWithin)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, c.origin+path, http.NoBody)
	if err != nil {
		return fmt.Errorf("client: %w", err)
	}
	req.Header.Set("Accept", "application/json")
	if bearer {
		if req.Header, err = c.authorize(ctx, req.Header); err != nil {
			return err
		}
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return unreachable(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return refusal(resp)
	}
	b, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer+1))
	if err != nil {
		return unreachable(err)
	}
	if len(b) > maxAnswer || json.Unmarshal(b, out) != nil {
		return fmt.Errorf("%w: answer is not that of an endpoint", ErrUnreachable)
	}
	return nil
}

// Dial opens the WebSocket. Refusals are *api.Problem. The Conn lives until Close or until
// it breaks, not until ctx ends.
func (c *Client) Dial(ctx context.Context) (*Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, dialWithin)
	defer cancel()
	h, err := c.authorize(ctx, http.Header{})
	if err != nil {
		return nil, err
	}
	var own atomic.Pointer[netip.Addr]
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{GotConn: func(i httptrace.GotConnInfo) {
		if a, err := netip.ParseAddrPort(i.Conn.LocalAddr().String()); err == nil {
			ip := a.Addr().Unmap().WithZone("")
			own.Store(&ip)
		}
	}})
	ws, resp, err := websocket.Dial(ctx, c.origin+"/v1/app", &websocket.DialOptions{ //nolint:bodyclose // the library has closed it
		HTTPClient: c.http, HTTPHeader: h, CompressionMode: websocket.CompressionDisabled,
	})
	if err != nil {
		if resp != nil && resp.StatusCode != http.StatusSwitchingProtocols {
			return nil, refusal(resp)
		}
		return nil, unreachable(err)
	}
	ws.SetReadLimit(api.MaxFrame)
	var from netip.Addr
	if a := own.Load(); a != nil {
		from = *a
	}
	return newConn(ws, from, c.pingEvery, c.pongWithin), nil //nolint:contextcheck // the connection outlives the call
}

func (c *Client) authorize(ctx context.Context, h http.Header) (http.Header, error) {
	t, err := c.token(ctx)
	if err != nil {
		return h, fmt.Errorf("client: token: %w", err)
	}
	if t == "" || strings.ContainsAny(t, " \r\n") {
		return h, errors.New("client: token source gave no token")
	}
	h.Set("Authorization", "Bearer "+t)
	return h, nil
}

// refusal reads the problem document of an answer.
func refusal(resp *http.Response) error {
	p := &api.Problem{}
	if resp.Body != nil {
		b, err := io.ReadAll(io.LimitReader(resp.Body, 64<<10))
		if err == nil && json.Unmarshal(b, p) == nil && p.Code != "" {
			p.Status = resp.StatusCode
			return p
		}
	}
	return fmt.Errorf("%w: status %d", ErrUnreachable, resp.StatusCode)
}

// unreachable keeps the cause: a certificate that does not verify must be told apart.
func unreachable(err error) error { return fmt.Errorf("%w: %w", ErrUnreachable, err) }
