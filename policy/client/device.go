package client

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"

	"beside/policy/api"
)

// Device is the key of an enrolled device (auth/machinekey).
type Device interface {
	Device() string // id
	Prove(nonce []byte) (signature []byte)
}

// NewDeviceSession is NewSession whose every connection proves the device. When the endpoint does
// not accept the proof, denied is told, on Run's goroutine, and the connection goes on without it.
func (c *Client) NewDeviceSession(d Device, denied func(error)) *Session {
	s := c.NewSession()
	s.device, s.denied = d, denied
	return s
}

// connect dials for the first time.
func (s *Session) connect(ctx context.Context) (*Conn, error) {
	conn, err := s.client.Dial(ctx)
	if err != nil {
		return nil, err
	}
	if err := s.prove(ctx, conn); err != nil {
		_ = conn.Close()
		return nil, err
	}
	return conn, nil
}

// goOn makes a new connection the session's.
func (s *Session) goOn(ctx context.Context, conn *Conn) error {
	if err := s.prove(ctx, conn); err != nil {
		return err
	}
	return s.resume(ctx, conn)
}

// prove has the connection speak for the device, if there is one. A refusal is no error.
func (s *Session) prove(ctx context.Context, conn *Conn) error {
	if s.device == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, resumeWithin)
	defer cancel()
	var n api.DeviceNonce
	err := conn.Call(ctx, api.TypeDeviceNonce, struct{}{}, &n)
	if err == nil {
		err = conn.Call(ctx, api.TypeDeviceProve, api.DeviceProof{Device: s.device.Device(), Signature: s.device.Prove(n.Nonce)}, nil)
	}
	var p *api.Problem
	if errors.As(err, &p) {
		s.denied(err)
		return nil
	}
	return err
}

// Enrol asks to make a key that of a device; nobody needs to be signed in. Refusals are *api.Problem.
func (c *Client) Enrol(ctx context.Context, e api.Enrol) (api.Enrolled, error) {
	b, err := json.Marshal(e)
	if err != nil {
		return api.Enrolled{}, fmt.Errorf("client: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, dialWithin)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.origin+"/v1/devices/enrol", bytes.NewReader(b))
	if err != nil {
		return api.Enrolled{}, fmt.Errorf("client: %w", err)
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := c.http.Do(req)
	if err != nil {
		return api.Enrolled{}, unreachable(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return api.Enrolled{}, refusal(resp)
	}
	var out api.Enrolled
	b, err = io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err != nil {
		return api.Enrolled{}, unreachable(err)
	}
	if json.Unmarshal(b, &out) != nil || out.Device == "" {
		return api.Enrolled{}, fmt.Errorf("%w: answer is not that of an endpoint", ErrUnreachable)
	}
	return out, nil
}
