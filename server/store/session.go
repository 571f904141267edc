package store

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"database/sql"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"time"

	"beside/policy"
)

// Session is the row of one session: who, on which device, how far, when. Hint is the
// device id the sharer's side named; SID, Binding, Digest and the cards tie later grants to the first.
type Session struct {
	ID, State                                string // waiting, claimed, met, ended
	Helper, HelperName, Sharer, SharerName   string
	Device, DeviceName, DeviceOS, Hint       string
	DeviceState                              policy.DeviceState
	Proof                                    policy.Proof
	Mode, SID, Digest, CardH, CardS, Binding string
	Granted, Used                            policy.Right
	GrantSeq                                 uint64
	GrantedUntil                             time.Time
	Created, Started, Ended                  time.Time
	EndReason                                string
}

const sessionColumns = `id, state, helper_oid, helper_name, sharer_oid, sharer_name, device_id, device_name, device_os, device_hint,
	device_state, device_proof, mode, sid, digest, card_h, card_s, binding, granted, used, grant_seq, granted_until,
	created_at, started_at, ended_at, end_reason`

func scanSession(from row) (Session, error) {
	var s Session
	var state, proof string
	var until, created, started, ended sql.NullInt64
	err := from.Scan(&s.ID, &s.State, &s.Helper, &s.HelperName, &s.Sharer, &s.SharerName, &s.Device, &s.DeviceName, &s.DeviceOS, &s.Hint,
		&state, &proof, &s.Mode, &s.SID, &s.Digest, &s.CardH, &s.CardS, &s.Binding, &s.Granted, &s.Used, &s.GrantSeq, &until,
		&created, &started, &ended, &s.EndReason)
	s.DeviceState, s.Proof = policy.ParseDeviceState(state), parseProof(proof)
	s.GrantedUntil, s.Created, s.Started, s.Ended = fromMS(until), fromMS(created), fromMS(started), fromMS(ended)
	return s, err
}

func parseProof(s string) policy.Proof {
	for p := policy.ProofVerified; p > policy.ProofNone; p-- {
		if p.String() == s {
			return p
		}
	}
	return policy.ProofNone
}

// Session is one session's row.
func (t *Tenant) Session(ctx context.Context, id string) (Session, error) {
	s, err := scanSession(t.q.QueryRowContext(ctx, `SELECT `+sessionColumns+` FROM sessions WHERE tenant_id = $1 AND id = $2`, t.id, id))
	return s, wrap("session", err)
}

// Sessions are the newest sessions that a sharer joined, newest first, at most limit.
func (t *Tenant) Sessions(ctx context.Context, limit int) ([]Session, error) {
	rows, err := t.q.QueryContext(ctx, `SELECT `+sessionColumns+` FROM sessions WHERE tenant_id = $1 AND sharer_oid <> ''
		ORDER BY created_at DESC, id LIMIT $2`, t.id, limit)
	return collect(rows, err, "sessions", scanSession)
}

// SaveSession writes what changes while a session lives. An ended session is not changed: ErrNotFound.
func (t *Tenant) SaveSession(ctx context.Context, s Session) error {
	return wrap("save session", one(t.q.ExecContext(ctx, `UPDATE sessions SET state = $3, sharer_oid = $4, sharer_name = $5, device_id = $6,
		device_name = $7, device_os = $8, device_hint = $9, device_state = $10, device_proof = $11, digest = $12, card_h = $13, card_s = $14,
		binding = $15, granted = $16, used = $17, grant_seq = $18, granted_until = $19, started_at = $20, sid = $21
		WHERE tenant_id = $1 AND id = $2 AND state <> 'ended'`,
		t.id, s.ID, s.State, s.Sharer, s.SharerName, s.Device, s.DeviceName, s.DeviceOS, s.Hint, s.DeviceState.String(), s.Proof.String(),
		s.Digest, s.CardH, s.CardS, s.Binding, s.Granted, s.Used, s.GrantSeq, nullMS(s.GrantedUntil), nullMS(s.Started), s.SID)))
}

// EndSession ends a session once; the row then lives for Retention. Its code is dead from
// here on. ErrNotFound if it had ended before.
func (t *Tenant) EndSession(ctx context.Context, id, reason string) error {
	return t.tx(ctx, "end session", func(tx *sql.Tx) error {
		now := ms(t.s.now())
		if err := one(tx.ExecContext(ctx, `UPDATE sessions SET state = 'ended', ended_at = $3, end_reason = $4, expires_on = $5
			WHERE tenant_id = $1 AND id = $2 AND state <> 'ended'`, t.id, id, now, reason, now+Retention.Milliseconds())); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, `UPDATE rendezvous SET live = 0 WHERE tenant_id = $1 AND session_id = $2`, t.id, id)
		return err
	})
}

// OpenSessions are the ids of sessions that have not ended.
func (t *Tenant) OpenSessions(ctx context.Context) ([]string, error) {
	return scanStrings(t.q.QueryContext(ctx, `SELECT id FROM sessions WHERE tenant_id = $1 AND state <> 'ended'`, t.id))
}

func nullMS(t time.Time) sql.NullInt64 {
	if t.IsZero() {
		return sql.NullInt64{Valid: true}
	}
	return sql.NullInt64{Int64: ms(t), Valid: true}
}

// NewResume makes the resume token of one side, role helper or sharer, and voids the one
// before. Only its hash is kept.
func (t *Tenant) NewResume(ctx context.Context, session, role string) (string, error) {
	token, hash := newToken()
	_, err := t.q.ExecContext(ctx, `INSERT INTO resume_tokens (tenant_id, session_id, role, token_hash) VALUES ($1, $2, $3, $4)
		ON CONFLICT (tenant_id, session_id, role) DO UPDATE SET token_hash = excluded.token_hash`, t.id, session, role, hash)
	return token, wrap("resume token", err)
}

// RotateResume takes a token and gives the next one; a token works once. ErrNotFound if it is not the one.
func (t *Tenant) RotateResume(ctx context.Context, session, role, token string) (string, error) {
	next, hash := newToken()
	err := t.tx(ctx, "resume", func(tx *sql.Tx) error {
		var have string
		if err := tx.QueryRowContext(ctx, `SELECT token_hash FROM resume_tokens WHERE tenant_id = $1 AND session_id = $2 AND role = $3`,
			t.id, session, role).Scan(&have); err != nil {
			return wrap("token", err)
		}
		if subtle.ConstantTimeCompare([]byte(have), []byte(tokenHash(token))) != 1 {
			return ErrNotFound
		}
		return one(tx.ExecContext(ctx, `UPDATE resume_tokens SET token_hash = $4 WHERE tenant_id = $1 AND session_id = $2 AND role = $3`,
			t.id, session, role, hash))
	})
	if err != nil {
		return "", err
	}
	return next, nil
}

// DropResume voids the tokens of both sides.
func (t *Tenant) DropResume(ctx context.Context, session string) error {
	if _, err := t.q.ExecContext(ctx, `DELETE FROM resume_tokens WHERE tenant_id = $1 AND session_id = $2`, t.id, session); err != nil {
		return fmt.Errorf("store: drop resume tokens: %w", err)
	}
	return nil
}

func newToken() (token, hash string) {
	var b [32]byte
	_, _ = rand.Read(b[:]) // never fails
	token = base64.RawURLEncoding.EncodeToString(b[:])
	return token, tokenHash(token)
}

func tokenHash(token string) string {
	h := sha256.Sum256([]byte(token))
	return hex.EncodeToString(h[:])
}
