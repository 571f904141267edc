package session

import (
	"context"
	"crypto/sha256"
	"time"

	"beside/policy/api"
	"beside/session/pair"
)

// meet says that this side is paired and waits for who the other is.
func meet(ctx context.Context, box *inbox, keys *pair.Keys, hoid, soid string) (met, error) {
	d := sha256.Sum256(keys.TH[:])
	if err := box.call(ctx, api.TypePaired, api.Paired{Session: box.session, Digest: d[:]}, nil); err != nil {
		return met{}, err
	}
	deadline := time.NewTimer(metWait)
	defer deadline.Stop()
	for {
		v, err := box.next(ctx, deadline.C)
		if err != nil {
			return met{}, err
		}
		if m, ok := v.(api.Met); ok {
			return readMet(m, hoid, soid)
		}
	}
}

func pairContext(c Common, session, hoid, soid string, nH, nS []byte) (pair.Context, error) {
	if len(nH) != 32 || len(nS) != 32 {
		return pair.Context{}, over(ByEndpoint, api.ProtocolBroken)
	}
	return pair.Context{
		Mode: "code", SessionGUID: session, Origin: c.Origin, AnchorID: c.AnchorID, Tenant: c.Account.Tenant,
		HelperOID: hoid, SharerOID: soid, NH: [32]byte(nH), NS: [32]byte(nS),
	}, nil
}

func pairLocal(c Common, w Wire) pair.Local {
	return pair.Local{Fingerprint: w.Fingerprint(), AppVersion: c.AppVersion, Versions: []byte{1}}
}
