package sink

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"time"
)

// Facility log audit and the severities of what went well and what was refused (RFC 5424, 6.2.1).
const (
	auditFacility = 13
	warning       = 4
	informational = 6
)

const (
	dialTime = 10 * time.Second
	maxName  = 255
	maxMsgID = 32
	maxTalk  = 64 << 10 // that a receiver may say before it closes
)

// Syslog sends each batch over a connection of its own (RFC 6587, octet counting; RFC 5425 with TLS).
// Syslog knows no acknowledgement. In its place Syslog ends its side and waits until the receiver, which
// has then read everything, ends the other; a receiver that breaks off or stays silent has not got it.
type Syslog struct {
	Address string      // host:port
	TLS     *tls.Config // nil for plain TCP
	Host    string      // what the endpoint calls itself
}

// Deliver implements Target.
func (y *Syslog) Deliver(ctx context.Context, batch []Entry) error {
	var b bytes.Buffer
	for _, e := range batch {
		m, err := y.message(e)
		if err != nil {
			return err
		}
		b.WriteString(strconv.Itoa(len(m)))
		b.WriteByte(' ')
		b.Write(m)
	}
	conn, err := y.dial(ctx)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrRefused, err)
	}
	defer conn.Close()
	stop := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })
	defer stop()
	if _, err := b.WriteTo(conn); err != nil {
		return fmt.Errorf("%w: %w", ErrRefused, err)
	}
	half, ok := conn.(interface{ CloseWrite() error })
	if !ok {
		return fmt.Errorf("%w: a connection that cannot be half closed", ErrRefused)
	}
	if err := half.CloseWrite(); err != nil {
		return fmt.Errorf("%w: %w", ErrRefused, err)
	}
	n, err := io.Copy(io.Discard, io.LimitReader(conn, maxTalk))
	switch {
	case n == maxTalk:
		return fmt.Errorf("%w: the receiver talks", ErrRefused)
	case y.TLS != nil && errors.Is(err, io.ErrUnexpectedEOF): // many receivers end TLS without a word
	case err != nil:
		return fmt.Errorf("%w: it was not confirmed: %w", ErrRefused, err)
	}
	return nil
}

func (y *Syslog) dial(ctx context.Context) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, dialTime)
	defer cancel()
	if y.TLS == nil {
		return (&net.Dialer{}).DialContext(ctx, "tcp", y.Address)
	}
	return (&tls.Dialer{Config: y.TLS}).DialContext(ctx, "tcp", y.Address)
}

// message is an entry as RFC 5424 writes it, with the record as JSON.
func (y *Syslog) message(e Entry) ([]byte, error) {
	body, err := json.Marshal(e)
	if err != nil {
		return nil, err
	}
	severity := informational
	if e.Outcome != "ok" && !e.Purged {
		severity = warning
	}
	return fmt.Appendf(nil, "<%d>1 %s %s beside-endpoint - %s - %s", auditFacility*8+severity, nilled(e.Time, maxMsgID), nilled(y.Host, maxName),
		nilled(e.Action, maxMsgID), body), nil
}

// nilled is a header field: printable ASCII without spaces, or the nil value.
func nilled(s string, most int) string {
	s = strings.Map(func(r rune) rune {
		if r <= ' ' || r > '~' {
			return -1
		}
		return r
	}, s)
	if s == "" {
		return "-"
	}
	return s[:min(len(s), most)]
}
