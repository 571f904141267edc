package graph

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

const (
	version   = "/v1.0"
	tries     = 3                // of one request
	requestIn = 10 * time.Second // for one try
	maxAnswer = 16 << 20         // bytes of an answer
)

// A TokenSource has access tokens for the service. It is safe for concurrent use.
type TokenSource interface {
	Token(ctx context.Context) (string, error)
	// Drop forgets a token that was refused.
	Drop(token string)
}

// Options make a Client. Base and Tokens are needed.
type Options struct {
	Base   string // https origin of the service, e.g. https://graph.microsoft.com
	Tokens TokenSource
	HTTP   *http.Client // nil for a usual one. Redirections are not followed
}

// Client asks the service. It is safe for concurrent use.
type Client struct {
	base   string
	tokens TokenSource
	hc     http.Client
	gate   gate
}

// New makes a client; it asks nothing.
func New(o Options) (*Client, error) {
	if err := checkOrigin(o.Base); err != nil {
		return nil, err
	}
	return &Client{base: strings.ToLower(o.Base), tokens: o.Tokens, hc: ownHTTP(o.HTTP)}, nil
}

// checkOrigin wants https://host[:port].
func checkOrigin(s string) error {
	u, err := url.Parse(s)
	if err != nil || u.Scheme != "https" || u.Host == "" || u.Path != "" || u.RawQuery != "" || u.Fragment != "" || u.User != nil {
		return fmt.Errorf("%w: the address must be https://host[:port]", ErrConfig)
	}
	return nil
}

// ownHTTP is a client that goes where it is sent, nowhere else, and does not wait for ever. What
// carries a token or a secret must not follow a redirection to another host.
func ownHTTP(hc *http.Client) http.Client {
	out := http.Client{}
	if hc != nil {
		out = *hc
	}
	out.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	if out.Timeout == 0 {
		out.Timeout = requestIn
	}
	return out
}

// request is one question; url is complete. Everything asked can be asked again.
type request struct {
	method, url string
	body        []byte
	eventual    bool  // the service's search index may answer
	limit       int64 // bytes of the answer
}

// get asks for a path below the version and decodes the answer.
func (c *Client) get(ctx context.Context, path string, out any) error {
	return c.getURL(ctx, c.base+version+path, out)
}

func (c *Client) getURL(ctx context.Context, address string, out any) error {
	b, err := c.do(ctx, request{method: http.MethodGet, url: address, eventual: isEventual(address), limit: maxAnswer})
	if err != nil {
		return err
	}
	return decode(b, out)
}

// isEventual says whether a question needs the service's search index: it counts, or it
// casts to one type. Links to a next page have the sign escaped.
func isEventual(address string) bool {
	return strings.Contains(address, "$count=true") || strings.Contains(address, "%24count=true")
}

func decode(b []byte, out any) error {
	if err := json.Unmarshal(b, out); err != nil {
		return nonsense("an answer is not of the expected shape")
	}
	return nil
}

// do asks until there is an answer, the request is refused or patience ends.
func (c *Client) do(ctx context.Context, r request) ([]byte, error) {
	fresh := false // whether the token was taken after one was refused
	for try := 1; ; try++ {
		if err := c.gate.pass(ctx); err != nil {
			return nil, err
		}
		b, after, err := c.once(ctx, r)
		var status *StatusError
		switch {
		case err == nil:
			return b, nil
		case errors.As(err, &status) && status.Status == http.StatusUnauthorized && !fresh:
			fresh = true
			try--
			continue
		case ctx.Err() != nil, !retryable(err):
			return nil, err
		}
		c.gate.hold(after)
		if try == tries {
			c.gate.fail()
			return nil, err
		}
		if after == 0 {
			if err := sleep(ctx, backoff(try)); err != nil {
				return nil, err
			}
		}
	}
}

// errNetwork is what may be better at the next try.
var errNetwork = errors.New("no answer")

func retryable(err error) bool {
	var s *StatusError
	if errors.As(err, &s) {
		return s.Status == http.StatusTooManyRequests || s.Status >= 500 && s.Status != http.StatusNotImplemented
	}
	return errors.Is(err, errNetwork)
}

// once asks once. after is how long the service wants to be left alone, 0 if it did not say.
func (c *Client) once(ctx context.Context, r request) (b []byte, after time.Duration, err error) {
	token, err := c.tokens.Token(ctx)
	if err != nil {
		return nil, 0, err
	}
	req, err := http.NewRequestWithContext(ctx, r.method, r.url, bytes.NewReader(r.body))
	if err != nil {
		return nil, 0, nonsense("an address cannot be read")
	}
	req.Header.Set("Authorization", "Bearer "+token)
	req.Header.Set("Accept", "application/json")
	if r.body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if r.eventual {
		req.Header.Set("ConsistencyLevel", "eventual")
	}
	resp, err := c.hc.Do(req)
	if err != nil {
		return nil, 0, networkError(ctx, err)
	}
	defer resp.Body.Close()
	if b, err = readAll(ctx, resp.Body, r.limit); err != nil {
		return nil, 0, err
	}
	if resp.StatusCode == http.StatusOK {
		return b, 0, nil
	}
	if resp.StatusCode == http.StatusUnauthorized {
		c.tokens.Drop(token)
	}
	return nil, retryAfter(resp.Header.Get("Retry-After"), time.Now()), refused(resp.StatusCode, b)
}

func readAll(ctx context.Context, r io.Reader, limit int64) ([]byte, error) {
	b, err := io.ReadAll(io.LimitReader(r, limit+1))
	switch {
	case err != nil:
		return nil, networkError(ctx, err)
	case int64(len(b)) > limit:
		return nil, nonsense("an answer is too large")
	}
	return b, nil
}

// networkError hides the address, which holds ids, and keeps the end of the caller's context.
func networkError(ctx context.Context, err error) error {
	var ue *url.Error
	if errors.As(err, &ue) {
		err = ue.Err
	}
	if ctx.Err() != nil {
		return fmt.Errorf("%w: %w", ErrUnavailable, ctx.Err())
	}
	return fmt.Errorf("%w: %w: %w", ErrUnavailable, errNetwork, err)
}

// refused is the error of an answer that is no success.
func refused(status int, body []byte) error {
	var e struct {
		Error struct {
			Code string `json:"code"`
		} `json:"error"`
	}
	_ = json.Unmarshal(body, &e) // a proxy's page has no code
	return &StatusError{Status: status, Code: word(e.Error.Code)}
}
