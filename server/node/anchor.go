package node

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"beside/policy/anchor"
	"beside/server/keys"
	"beside/server/store"
)

// offline opens the keys of a data folder whose anchor is kept elsewhere. Nothing is made but a grant key.
func offline(dir string, s *store.Store) (*keys.Keys, error) {
	if _, err := os.Stat(filepath.Join(dir, "anchor.pub")); err != nil {
		return nil, fmt.Errorf("node: put the anchor's public key into the data folder first, as anchor.pub: %w", err)
	}
	k, _, err := keys.Open(keys.Options{Dir: dir, Store: s})
	return k, err
}

// AnchorRequest is what the offline anchor needs to sign a statement for the tenant.
func AnchorRequest(ctx context.Context, dir, tenant string, s *store.Store) (anchor.Request, error) {
	k, err := offline(dir, s)
	if err != nil {
		return anchor.Request{}, err
	}
	return k.Request(ctx, tenant)
}

// AnchorImport publishes what the offline anchor signed, and returns its number. Nodes that run use it at once.
func AnchorImport(ctx context.Context, dir, tenant, jws string, s *store.Store) (uint64, error) {
	k, err := offline(dir, s)
	if err != nil {
		return 0, err
	}
	st, err := k.Import(ctx, tenant, jws)
	if err != nil {
		return 0, err
	}
	_, err = s.For(tenant).Append(ctx, store.Entry{Actor: "console", Action: "keys.statement", Outcome: "ok", Detail: fmt.Sprint("number ", st.Seq)})
	return st.Seq, err
}
