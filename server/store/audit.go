package store

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"database/sql"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// Entry is one fact of the audit log. It holds codes and object ids, never content.
type Entry struct {
	Actor   string   `json:"actor,omitempty"` // object id, "" for the endpoint itself
	Action  string   `json:"action"`
	Target  string   `json:"target,omitempty"` // object id or device id
	Session string   `json:"session,omitempty"`
	Outcome string   `json:"outcome"` // ok or a code
	Rights  []string `json:"rights,omitempty"`
	Detail  string   `json:"detail,omitempty"`
	Count   int      `json:"count,omitempty"` // how often, when several were put in one row
}

// Record is an Entry in the chain. Purged records keep their place without an Entry.
type Record struct {
	Seq    uint64
	At     time.Time
	Hash   string // hex SHA-256
	Purged bool
	Entry  Entry
}

// Head is the newest link of the chain; Seq 0 when there is none.
type Head struct {
	Seq  uint64
	Hash string
}

// ErrChain means that the audit log was changed behind the endpoint's back.
var ErrChain = errors.New("store: audit chain broken")

// Append adds an entry to the chain and returns the new head. There is no way to change one.
func (t *Tenant) Append(ctx context.Context, e Entry) (Head, error) {
	return t.AppendAt(ctx, t.s.now(), e)
}

// AppendAt is Append for what happened at another time, because it could not be written then.
func (t *Tenant) AppendAt(ctx context.Context, at time.Time, e Entry) (Head, error) {
	payload, err := json.Marshal(e)
	if err != nil {
		return Head{}, fmt.Errorf("store: audit: %w", err)
	}
	var salt [16]byte
	_, _ = rand.Read(salt[:]) // never fails
	commitment := commit(salt[:], payload)
	var h Head
	err = t.tx(ctx, "audit", func(tx *sql.Tx) error {
		if err := t.lock(ctx, tx, "audit"); err != nil { // one link at a time
			return err
		}
		prev, err := t.head(ctx, tx)
		if err != nil {
			return err
		}
		h = Head{Seq: prev.Seq + 1, Hash: link(prev.Hash, prev.Seq+1, commitment)}
		_, err = tx.ExecContext(ctx, `INSERT INTO audit (tenant_id, seq, at, prev, commitment, hash, salt, payload, expires_on)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`, t.id, h.Seq, ms(at), prev.Hash, hex.EncodeToString(commitment), h.Hash,
			hex.EncodeToString(salt[:]), string(payload), ms(at.Add(Retention)))
		return err
	})
	return h, err
}

type queryer interface {
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

func (t *Tenant) head(ctx context.Context, q queryer) (Head, error) {
	h := Head{Hash: t.genesis()}
	err := q.QueryRowContext(ctx, `SELECT seq, hash FROM audit WHERE tenant_id = $1 ORDER BY seq DESC LIMIT 1`, t.id).Scan(&h.Seq, &h.Hash)
	if errors.Is(err, sql.ErrNoRows) {
		return h, nil
	}
	return h, err
}

// Head is the newest link; it goes into every grant, so that a cut tail shows.
func (t *Tenant) Head(ctx context.Context) (Head, error) {
	h, err := t.head(ctx, t.q)
	return h, wrap("audit head", err)
}

// Audit are the newest records, newest first, at most limit.
func (t *Tenant) Audit(ctx context.Context, limit int) ([]Record, error) {
	rows, err := t.q.QueryContext(ctx, `SELECT seq, at, hash, payload FROM audit WHERE tenant_id = $1 ORDER BY seq DESC LIMIT $2`, t.id, limit)
	return collect(rows, err, "audit", scanRecord)
}

// scanRecord reads seq, at, hash and payload.
func scanRecord(from row) (Record, error) {
	var r Record
	var at sql.NullInt64
	var payload sql.NullString
	if err := from.Scan(&r.Seq, &at, &r.Hash, &payload); err != nil {
		return r, err
	}
	r.At, r.Purged = fromMS(at), !payload.Valid
	if payload.Valid {
		return r, json.Unmarshal([]byte(payload.String), &r.Entry)
	}
	return r, nil
}

// VerifyAudit recomputes the whole chain, purged rows too, and returns its head. ErrChain
// names the first row that is wrong. It cannot see a cut tail: compare Head with a grant.
func (t *Tenant) VerifyAudit(ctx context.Context) (Head, error) {
	rows, err := t.q.QueryContext(ctx, `SELECT seq, prev, commitment, hash, salt, payload FROM audit WHERE tenant_id = $1 ORDER BY seq`, t.id)
	if err != nil {
		return Head{}, wrap("verify audit", err)
	}
	defer func() { _ = rows.Close() }() // rows.Err says what went wrong
	h := Head{Hash: t.genesis()}
	for rows.Next() {
		var seq uint64
		var prev, commitment, hash string
		var salt, payload sql.NullString
		if err := rows.Scan(&seq, &prev, &commitment, &hash, &salt, &payload); err != nil {
			return h, wrap("verify audit", err)
		}
		c, err := hex.DecodeString(commitment)
		if err != nil || seq != h.Seq+1 || prev != h.Hash || hash != link(prev, seq, c) || salt.Valid != payload.Valid {
			return h, fmt.Errorf("store: audit row %d: %w", seq, ErrChain)
		}
		if payload.Valid {
			s, err := hex.DecodeString(salt.String)
			if err != nil || hex.EncodeToString(commit(s, []byte(payload.String))) != commitment {
				return h, fmt.Errorf("store: audit row %d: %w", seq, ErrChain)
			}
		}
		h = Head{Seq: seq, Hash: hash}
	}
	return h, wrap("verify audit", rows.Err())
}

// genesis is what the first row follows; it differs per tenant, so chains cannot be swapped.
func (t *Tenant) genesis() string {
	h := sha256.Sum256([]byte("beside-audit/1\x00" + t.id))
	return hex.EncodeToString(h[:])
}

func commit(salt, payload []byte) []byte {
	h := sha256.New()
	h.Write(salt)
	h.Write(payload)
	return h.Sum(nil)
}

func link(prev string, seq uint64, commitment []byte) string {
	h := sha256.New()
	h.Write([]byte(prev))
	h.Write(binary.BigEndian.AppendUint64(nil, seq))
	h.Write(commitment)
	return hex.EncodeToString(h.Sum(nil))
}
