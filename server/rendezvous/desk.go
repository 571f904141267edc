package rendezvous

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"time"

	"beside/policy/api"
	"beside/server/problem"
	"beside/server/store"
)

// Alphabet are the symbols of a code: no look-alikes, no vowels.
const Alphabet = "23456789BCDFGHJKMNPQRTVWXY"

// LocatorLen is the number of symbols the endpoint chooses.
const LocatorLen = 4

// Options say what a Desk works with. Now is the clock, time.Now if nil.
type Options struct {
	Store *store.Store
	Now   func() time.Time
	// Alarm is told, at most once per AlarmWindow and tenant, that an organisation sees very
	// many wrong locators. Nil is allowed.
	Alarm func(tenant string)
	// Locked is told when an account was locked out. Nil is allowed.
	Locked func(tenant, object string)
}

// Desk is where codes are made and claimed. It is safe for concurrent use.
type Desk struct {
	o                           Options
	wrong, address, codes, loud *window
	locked                      locks
}

// New makes a desk.
func New(o Options) *Desk {
	if o.Now == nil {
		o.Now = time.Now
	}
	return &Desk{
		o: o, wrong: newWindow(WrongPerAccount, WrongWindow), address: newWindow(PerAddress, AddressWindow),
		codes: newWindow(CodesPerHelper, CodesWindow), loud: newWindow(AlarmAt, AlarmWindow), locked: locks{until: map[string]time.Time{}},
	}
}

// Open opens a session with a code for a helper; the helper's live code dies, and voided is
// its session. Errors are *api.Problem (code.many) or the store's.
func (d *Desk) Open(ctx context.Context, tenant, helper, name string, nh []byte) (c store.Code, voided string, err error) {
	now := d.o.Now()
	if ok, _, retry := d.codes.add(now, tenant+"/"+helper); !ok {
		return c, "", problem.Later(api.CodeTooMany, retry)
	}
	c = store.Code{Session: store.NewID(), Helper: helper, HelperName: name, NH: nh, Expires: now.Add(TTL)}
	for range 20 {
		c.Locator = locator()
		voided, err = d.o.Store.For(tenant).NewCode(ctx, c)
		if !errors.Is(err, store.ErrLocatorTaken) {
			return c, voided, err
		}
	}
	return c, "", fmt.Errorf("rendezvous: no free locator: %w", err)
}

// Claim takes a code for a sharer, once. What is not a live code of the tenant is
// code.invalid, whatever the reason, after the same work; only the account that used the
// code itself is told code.used. Errors are *api.Problem or the store's.
func (d *Desk) Claim(ctx context.Context, tenant, sharer, address, loc string) (store.Code, error) {
	now, account := d.o.Now(), tenant+"/"+sharer
	if left := d.locked.left(now, account); left > 0 {
		return store.Code{}, problem.Later(api.CodeTooMany, left)
	}
	if ok, _, retry := d.address.add(now, address); !ok {
		return store.Code{}, problem.Later(api.CodeTooMany, retry)
	}
	c, bySelf, err := d.o.Store.For(tenant).ClaimCode(ctx, loc, sharer)
	switch {
	case err == nil:
		return c, nil
	case !errors.Is(err, store.ErrNotFound):
		return store.Code{}, err
	}
	if _, full, _ := d.wrong.add(now, account); full {
		d.wrong.forget(account) // after the lockout counting starts anew
		d.locked.set(now, account)
		if d.o.Locked != nil {
			d.o.Locked(tenant, sharer)
		}
	}
	if ok, full, _ := d.loud.add(now, tenant); ok && full && d.o.Alarm != nil {
		d.o.Alarm(tenant)
	}
	if bySelf {
		return store.Code{}, problem.New(api.CodeUsed)
	}
	return store.Code{}, problem.New(api.CodeInvalid)
}

// locator draws symbols by rejection, so that all are equally likely.
func locator() string {
	const limit = 256 - 256%len(Alphabet)
	var out [LocatorLen]byte
	var b [1]byte
	for i := 0; i < len(out); {
		_, _ = rand.Read(b[:]) // never fails
		if int(b[0]) < limit {
			out[i] = Alphabet[int(b[0])%len(Alphabet)]
			i++
		}
	}
	return string(out[:])
}
