package signal

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"slices"
	"time"

	"beside/auth/machinekey"
	"beside/policy/api"
	"beside/server/problem"
	"beside/server/store"
)

// nonceLives is how long a device may take to answer.
const nonceLives = time.Minute

// speaker is what a connection has shown of the device that it comes from. The requests of one
// socket come one at a time, so only the map of speakers is guarded.
type speaker struct {
	nonce  []byte // the one outstanding; nil for none
	asked  time.Time
	device string
	key    []byte

	waits  store.Waiting // where it can be rung; zero if it cannot
	tenant *store.Tenant // of waits
	rang   string        // session it was rung for, last
	opened string        // device of the ticket that it opened
	until  time.Time     // so long that counts
}

// speaker is the socket's, made if it has none.
func (h *Hub) speaker(sock Socket) *speaker {
	h.mu.Lock()
	defer h.mu.Unlock()
	s := h.speakers[sock]
	if s == nil {
		s = &speaker{}
		h.speakers[sock] = s
	}
	return s
}

// speaksFor is the device that proved itself on a connection, "" for none.
func (h *Hub) speaksFor(sock Socket) (device string, key []byte) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if s := h.speakers[sock]; s != nil {
		return s.device, s.key
	}
	return "", nil
}

// deviceNonce gives the connection a new nonce; the one before counts no more.
func (h *Hub) deviceNonce(_ context.Context, r request, _ struct{}) (reply, error) {
	s := h.speaker(r.sock)
	s.nonce, s.asked = make([]byte, machinekey.NonceSize), h.o.Now()
	if _, err := rand.Read(s.nonce); err != nil {
		return reply{}, err
	}
	return reply{body: api.DeviceNonce{Nonce: s.nonce}}, nil
}

// deviceProve makes the connection speak for a device. A nonce counts once, whatever the answer is.
func (h *Hub) deviceProve(ctx context.Context, r request, b api.DeviceProof) (reply, error) {
	s := h.speaker(r.sock)
	nonce := s.nonce
	s.nonce = nil
	d, err := r.tenant.EnrolledDevice(ctx, b.Device)
	switch {
	case err != nil && !errors.Is(err, store.ErrNotFound):
		return reply{}, err
	case err != nil || !d.Revoked.IsZero() || nonce == nil || h.o.Now().Sub(s.asked) > nonceLives || h.o.Origin == "" ||
		!machinekey.Proves(d.Public, h.o.Origin, r.Tenant, d.ID, nonce, b.Signature):
		h.refused(ctx, r, "device.prove", api.DeviceKey)
		return reply{}, problem.New(api.DeviceKey)
	}
	h.mu.Lock()
	s.device, s.key = d.ID, d.Public
	h.mu.Unlock()
	if h.o.Now().Sub(d.Seen) < time.Minute { // not worth a write
		return reply{}, nil
	}
	return reply{}, r.tenant.DeviceSeen(ctx, d.ID)
}

// proven is the session's device if it proved itself when the session began and its key still
// counts, "" otherwise.
func (h *Hub) proven(ctx context.Context, l *live) (string, error) {
	if l.device == "" {
		return "", nil
	}
	d, err := l.tenant.EnrolledDevice(ctx, l.device)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return "", nil
	case err != nil:
		return "", err
	case !d.Revoked.IsZero():
		return "", nil
	}
	if l.dkey == nil {
		l.dkey = d.Public
	}
	if !bytes.Equal(l.dkey, d.Public) { // enrolled again, on another machine perhaps
		return "", nil
	}
	return d.ID, nil
}

// Enrolment is what a device sends to be enrolled, with the address it came from.
type Enrolment struct {
	api.Enrol
	Address string
}

// enrolTries is how often an address may offer tokens.
var enrolTries = store.Window{Kind: "enrol", Max: 20, Span: 10 * time.Minute}

// Enrol makes a key that of the device which the token is for. Errors are *api.Problem; every
// reason against the token has the same one.
func (h *Hub) Enrol(ctx context.Context, e Enrolment) (api.Enrolled, error) {
	if len(e.Token) > 128 || !label(e.Name) || !label(e.OS) || e.Name == "" {
		return api.Enrolled{}, problem.New(api.ProtocolBroken)
	}
	if !machinekey.Asks(e.Public, h.o.Origin, e.Tenant, e.Token, e.Signature) || h.o.Origin == "" {
		return api.Enrolled{}, problem.New(api.ProtocolBroken)
	}
	t := h.o.Store.For(e.Tenant)
	known, err := h.o.Store.Tenants(ctx)
	if err != nil {
		return api.Enrolled{}, err
	}
	if !slices.Contains(known, e.Tenant) {
		return api.Enrolled{}, problem.New(api.EnrolInvalid)
	}
	ok, _, retry, err := t.Count(ctx, enrolTries, e.Address)
	if err != nil {
		return api.Enrolled{}, err
	}
	if !ok {
		return api.Enrolled{}, problem.Later(api.RateLimited, retry)
	}
	d, err := t.Enrol(ctx, e.Token, e.Public, e.Name, e.OS)
	if errors.Is(err, store.ErrNotFound) {
		h.audit.count(ctx, sumKey{e.Tenant, "", "device.enrol", api.EnrolInvalid})
		return api.Enrolled{}, problem.New(api.EnrolInvalid)
	}
	if err != nil {
		return api.Enrolled{}, err
	}
	return api.Enrolled{Device: d.ID, Name: d.Name},
		h.audit.add(ctx, t, store.Entry{Actor: d.By, Action: "device.enrol", Target: d.ID, Outcome: "ok"})
}
