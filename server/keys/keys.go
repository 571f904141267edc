package keys

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/hkdf"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"beside/policy/anchor"
	"beside/policy/grant"
	"beside/server/secret"
	"beside/server/signal"
	"beside/server/store"
)

// Lives of a statement: it is signed for life and signed again when renew is left.
const (
	life  = 90 * 24 * time.Hour
	renew = 45 * 24 * time.Hour
	slack = time.Hour // before a key is valid, for clocks that differ
)

// ErrNoAnchor means that the anchor's private key is not here and the stored statement
// does not cover the grant key: the statement has to be signed where the anchor is.
var ErrNoAnchor = errors.New("keys: no anchor key here and no statement that fits")

// ErrAnchorHere means that the anchor's private key is in the data folder, so nothing has to be signed elsewhere.
var ErrAnchorHere = errors.New("keys: anchor.key is in the data folder: only an anchor that is kept elsewhere is asked")

// ErrOtherKey means that another node speaks for the tenant with another key: nodes of one
// database need the same grant.key and the same anchor.
var ErrOtherKey = errors.New("keys: the nodes of this database have another grant.key or anchor; copy them into this data folder")

// Options say where the keys are and what they sign for. Now is time.Now if nil.
type Options struct {
	Dir    string
	Origin string // https://host[:port], lower case: the issuer
	Store  *store.Store
	Now    func() time.Time
}

// Keys signs. It implements signal.Signer and is safe for concurrent use.
type Keys struct {
	o         Options
	grant     ed25519.PrivateKey
	kid       string
	anchor    ed25519.PrivateKey // nil when it is kept elsewhere
	anchorPub ed25519.PublicKey

	mu sync.Mutex // one statement is made at a time
}

// Open reads the keys, and makes those that are missing. made says that an anchor was made,
// of which the operator should know.
func Open(o Options) (k *Keys, made bool, err error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	k = &Keys{o: o}
	if k.grant, _, err = private(filepath.Join(o.Dir, "grant.key"), true); err != nil {
		return nil, false, err
	}
	pub, err := public(filepath.Join(o.Dir, "anchor.pub"))
	if err != nil {
		return nil, false, err
	}
	// An anchor.pub without its key means that the key is kept elsewhere: never replace it.
	if k.anchor, made, err = private(filepath.Join(o.Dir, "anchor.key"), pub == nil); err != nil {
		return nil, false, err
	}
	switch {
	case k.anchor == nil:
		k.anchorPub = pub
	case pub == nil:
		k.anchorPub = publicOf(k.anchor)
		err = writePEM(filepath.Join(o.Dir, "anchor.pub"), "PUBLIC KEY", k.anchorPub, x509.MarshalPKIXPublicKey, 0o644)
	case !pub.Equal(k.anchor.Public()):
		err = errors.New("keys: anchor.key and anchor.pub do not belong together")
	default:
		k.anchorPub = pub
	}
	if err != nil {
		return nil, false, err
	}
	k.kid = kidOf(k.grant)
	return k, made, nil
}

// Anchor is the anchor's public key.
func (k *Keys) Anchor() []byte { return slices.Clone(k.anchorPub) }

// Derive is a secret of 32 bytes for one purpose, the same on every node that has the grant key.
func (k *Keys) Derive(purpose string) ([]byte, error) {
	return hkdf.Key(sha256.New, k.grant.Seed(), nil, "beside "+purpose, 32)
}

// Grant implements signal.Signer.
func (k *Keys) Grant(ctx context.Context, tenant string, g signal.Grant) (jws, statement string, err error) {
	statement, err = k.Statement(ctx, tenant)
	if err != nil {
		return "", "", err
	}
	jws, err = grant.Sign(k.grant, k.kid, grant.Claims{
		Iss: k.o.Origin, Tid: tenant, Sid: hex.EncodeToString(g.SID), TH: hex.EncodeToString(g.TH), GN: g.GN, Seq: g.Seq, Mode: g.Mode,
		HOID: g.Helper, SOID: g.Sharer, Dev: g.Device, DevProof: g.Proof.String(), DevState: g.State.String(), Rights: g.Rights.Names(),
		HFP: g.HFP, SFP: g.SFP, CardH: g.CardH, CardS: g.CardS, StartWithin: int(g.StartWithin.Seconds()), RunFor: int(g.RunFor.Seconds()),
		Audit: grant.Audit{Seq: g.Audit.Seq, Hash: g.Audit.Hash}, Iat: k.o.Now().Unix(),
	})
	if err != nil {
		return "", "", fmt.Errorf("keys: sign grant: %w", err)
	}
	return jws, statement, nil
}

// Revoke implements signal.Signer.
func (k *Keys) Revoke(_ context.Context, tenant string, r signal.Revocation) (string, error) {
	jws, err := grant.SignRevoke(k.grant, k.kid, grant.Revocation{
		Iss: k.o.Origin, Tid: tenant, Sid: hex.EncodeToString(r.SID),
		TH: hex.EncodeToString(r.TH), Seq: r.Seq, Rights: r.Rights.Names(),
	})
	if err != nil {
		return "", fmt.Errorf("keys: sign revocation: %w", err)
	}
	return jws, nil
}

// Statement is the tenant's current key statement. It is signed anew, with a higher
// sequence number, when it does not name the grant key or has not long to live.
func (k *Keys) Statement(ctx context.Context, tenant string) (string, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	t, now := k.o.Store.For(tenant), k.o.Now()
	have, err := t.Statement(ctx)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return "", err
	}
	fits := slices.Contains(have.Kids, k.kid) && now.Before(have.Expires) && k.signed(have.JWS, tenant, now)
	if fits && have.Expires.Sub(now) > renew {
		return have.JWS, nil
	}
	if k.anchor == nil {
		if fits {
			return have.JWS, nil
		}
		return "", ErrNoAnchor
	}
	created, err := t.KeyCreated(ctx, k.kid)
	if err != nil {
		return "", err
	}
	s := grant.Statement{Tenant: tenant, Seq: have.Seq + 1, Keys: []grant.Key{{
		KID: k.kid, Public: publicOf(k.grant),
		NotBefore: created.Add(-slack).Unix(), NotAfter: now.Add(life).Unix(),
	}}}
	jws, err := grant.SignStatement(k.anchor, s)
	if err != nil {
		return "", fmt.Errorf("keys: sign statement: %w", err)
	}
	err = t.PutStatement(ctx, store.Statement{Seq: s.Seq, JWS: jws, Kids: []string{k.kid}, Created: now, Expires: now.Add(life)})
	if errors.Is(err, store.ErrConflict) { // another node was faster: it has the same keys
		if have, err = t.Statement(ctx); err == nil && !slices.Contains(have.Kids, k.kid) {
			err = ErrOtherKey
		}
		jws = have.JWS
	}
	return jws, err
}

// Request is what the offline anchor needs to sign a statement for the tenant. ErrAnchorHere if the
// anchor is not offline.
func (k *Keys) Request(ctx context.Context, tenant string) (anchor.Request, error) {
	if k.anchor != nil {
		return anchor.Request{}, ErrAnchorHere
	}
	t := k.o.Store.For(tenant)
	have, err := t.Statement(ctx)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return anchor.Request{}, err
	}
	created, err := t.KeyCreated(ctx, k.kid)
	if err != nil {
		return anchor.Request{}, err
	}
	return anchor.Request{Tenant: tenant, KID: k.kid, Public: publicOf(k.grant), NotBefore: created.Add(-slack).Unix(), Seq: have.Seq + 1, Current: have.JWS}, nil
}

// Import publishes a statement that the offline anchor signed. It must be of the anchor whose public
// key is here, name this grant key, and come after the one before.
func (k *Keys) Import(ctx context.Context, tenant, jws string) (grant.Statement, error) {
	now := k.o.Now()
	s, err := grant.VerifyStatement(jws, k.anchorPub, tenant, now, 0)
	if err != nil {
		return s, fmt.Errorf("keys: import: %w", err)
	}
	out := store.Statement{Seq: s.Seq, JWS: jws, Created: now}
	for _, x := range s.Keys {
		out.Kids = append(out.Kids, x.KID)
		if x.KID == k.kid && bytes.Equal(x.Public, publicOf(k.grant)) {
			out.Expires = time.Unix(x.NotAfter, 0)
		}
	}
	if out.Expires.IsZero() || slices.Contains(s.Revoked, k.kid) {
		return s, fmt.Errorf("%w: it does not name this endpoint's grant key", ErrNoAnchor)
	}
	return s, k.o.Store.For(tenant).PutStatement(ctx, out)
}

// Agree says whether the current statement of the tenant, if there is one, is of these keys.
// ErrOtherKey otherwise: two nodes that disagree would replace each other's statements for ever.
func (k *Keys) Agree(ctx context.Context, tenant string) error {
	have, err := k.o.Store.For(tenant).Statement(ctx)
	switch {
	case errors.Is(err, store.ErrNotFound) || err == nil && !k.o.Now().Before(have.Expires):
		return nil
	case err != nil:
		return err
	case !slices.Contains(have.Kids, k.kid) || !k.signed(have.JWS, tenant, k.o.Now()):
		return ErrOtherKey
	}
	return nil
}

// Rotate puts a new grant key in the place of the one in dir and returns its id. Grants that
// were signed with the old one count until they run out; its file is kept beside it. The
// endpoint must not be running, and its next start publishes a statement for the new key.
func Rotate(dir string) (kid string, err error) {
	path := filepath.Join(dir, "grant.key")
	if _, err := os.Stat(filepath.Join(dir, "anchor.key")); err != nil {
		return "", fmt.Errorf("%w: a new key needs a statement of the anchor", ErrNoAnchor)
	}
	old, _, err := private(path, false)
	if err != nil {
		return "", err
	}
	fresh := path + ".new"
	if err := os.Remove(fresh); err != nil && !errors.Is(err, fs.ErrNotExist) { // of an attempt that was cut off
		return "", fmt.Errorf("keys: %w", err)
	}
	next, _, err := private(fresh, true)
	if err != nil {
		return "", err
	}
	if old != nil {
		if err := os.Rename(path, path+"."+kidOf(old)); err != nil {
			return "", fmt.Errorf("keys: %w", err)
		}
	}
	if err := os.Rename(fresh, path); err != nil {
		return "", fmt.Errorf("keys: %w", err)
	}
	return kidOf(next), nil
}

func kidOf(k ed25519.PrivateKey) string {
	sum := sha256.Sum256(publicOf(k))
	return hex.EncodeToString(sum[:8])
}

// signed says whether a stored statement is of the anchor that is here now.
func (k *Keys) signed(jws, tenant string, now time.Time) bool {
	_, err := grant.VerifyStatement(jws, k.anchorPub, tenant, now, 0)
	return err == nil
}

func publicOf(k ed25519.PrivateKey) ed25519.PublicKey {
	return ed25519.PublicKey(k[ed25519.PrivateKeySize-ed25519.PublicKeySize:])
}

// private reads a key file, or makes it. nil without an error: it is missing and was not to be made.
func private(path string, makeIt bool) (k ed25519.PrivateKey, made bool, err error) {
	b, err := secret.Read(path)
	switch {
	case errors.Is(err, fs.ErrNotExist) && makeIt:
		if _, k, err = ed25519.GenerateKey(nil); err != nil {
			return nil, false, fmt.Errorf("keys: %w", err)
		}
		return k, true, writePEM(path, "PRIVATE KEY", k, x509.MarshalPKCS8PrivateKey, 0o600)
	case errors.Is(err, fs.ErrNotExist):
		return nil, false, nil
	case err != nil:
		return nil, false, fmt.Errorf("keys: %w", err)
	}
	block, _ := pem.Decode(b)
	if block == nil {
		return nil, false, fmt.Errorf("keys: %s is no PEM file", path)
	}
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, false, fmt.Errorf("keys: %s: %w", path, err)
	}
	k, ok := key.(ed25519.PrivateKey)
	if !ok {
		return nil, false, fmt.Errorf("keys: %s is no Ed25519 key", path)
	}
	return k, false, nil
}

// public reads a public key; nil if there is no file.
func public(path string) (ed25519.PublicKey, error) {
	b, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("keys: %w", err)
	}
	block, _ := pem.Decode(b)
	if block == nil {
		return nil, fmt.Errorf("keys: %s is no PEM file", path)
	}
	key, err := x509.ParsePKIXPublicKey(block.Bytes)
	if err != nil {
		return nil, fmt.Errorf("keys: %s: %w", path, err)
	}
	pub, ok := key.(ed25519.PublicKey)
	if !ok {
		return nil, fmt.Errorf("keys: %s is no Ed25519 key", path)
	}
	return pub, nil
}

func writePEM(path, typ string, key any, marshal func(any) ([]byte, error), mode fs.FileMode) error {
	der, err := marshal(key)
	if err != nil {
		return fmt.Errorf("keys: %w", err)
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if err != nil {
		return fmt.Errorf("keys: %w", err)
	}
	err = pem.Encode(f, &pem.Block{Type: typ, Bytes: der})
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("keys: %w", err)
	}
	return nil
}
