package sink

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"
)

// SignatureHeader holds t=<unix seconds>,v1=<hex>: the HMAC-SHA256 under the shared secret of the
// seconds, a dot and the body. A receiver compares it and refuses what is older than some minutes.
const SignatureHeader = "Beside-Signature"

// Webhook posts each batch as JSON lines. It is delivered when the answer is 2xx.
type Webhook struct {
	URL    string
	Secret []byte
	HTTP   *http.Client // see NewHTTPClient
	Now    func() time.Time
}

// NewHTTPClient is a client for a Webhook: it follows no redirect, which could lead anywhere.
func NewHTTPClient(t http.RoundTripper) *http.Client {
	return &http.Client{
		Transport: t, Timeout: patience,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// Deliver implements Target.
func (h *Webhook) Deliver(ctx context.Context, batch []Entry) error {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	for _, e := range batch {
		if err := enc.Encode(e); err != nil {
			return err
		}
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, h.URL, bytes.NewReader(b.Bytes()))
	if err != nil {
		return fmt.Errorf("%w: %w", ErrRefused, err)
	}
	req.Header.Set("Content-Type", "application/x-ndjson")
	req.Header.Set("User-Agent", "beside-endpoint")
	req.Header.Set(SignatureHeader, Sign(h.Secret, h.Now(), b.Bytes()))
	req.Header.Set("Beside-Entries", fmt.Sprintf("%d-%d", batch[0].Seq, batch[len(batch)-1].Seq))
	resp, err := h.HTTP.Do(req)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrRefused, err)
	}
	defer resp.Body.Close()
	_, _ = io.Copy(io.Discard, io.LimitReader(resp.Body, maxTalk)) // so that the connection can be used again
	switch {
	case resp.StatusCode/100 == 2:
		return nil
	case resp.StatusCode == http.StatusRequestEntityTooLarge:
		return fmt.Errorf("%w: %w: status %d", ErrRefused, ErrTooLarge, resp.StatusCode)
	case resp.StatusCode == http.StatusTooManyRequests, resp.StatusCode == http.StatusServiceUnavailable:
		if after := retryAfter(resp.Header.Get("Retry-After"), h.Now()); after > 0 {
			return fmt.Errorf("%w: status %d: %w", ErrRefused, resp.StatusCode, &Later{after})
		}
	}
	return fmt.Errorf("%w: status %d", ErrRefused, resp.StatusCode)
}

// Sign is the value of SignatureHeader.
func Sign(secret []byte, at time.Time, body []byte) string {
	t := strconv.FormatInt(at.Unix(), 10)
	m := hmac.New(sha256.New, secret)
	m.Write([]byte(t + "."))
	m.Write(body)
	return "t=" + t + ",v1=" + hex.EncodeToString(m.Sum(nil))
}

// retryAfter reads seconds or a date.
func retryAfter(s string, now time.Time) time.Duration {
	if n, err := strconv.Atoi(s); err == nil && n < 1<<20 {
		return time.Duration(n) * time.Second
	}
	if t, err := http.ParseTime(s); err == nil {
		return t.Sub(now)
	}
	return 0
}
