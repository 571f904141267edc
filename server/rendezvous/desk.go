package rendezvous

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
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
	// Shared keeps the counts in the store, so that several nodes count together.
	Shared bool
}

// Desk is where codes are made and claimed. It is safe for concurrent use.
type Desk struct {
	o                           Options
	wrong, address, codes, loud counter
	locked                      lockout
}

// New makes a desk.
func New(o Options) *Desk {
	if o.Now == nil {
		o.Now = time.Now
	}
	count := func(kind string, max int, span time.Duration) counter {
		if o.Shared {
			return &sharedWindow{o.Store, store.Window{Kind: kind, Max: max, Span: span}}
		}
		return newWindow(max, span)
	}
	d := &Desk{
		o: o, wrong: count("wrong", WrongPerAccount, WrongWindow), address: count("address", PerAddress, AddressWindow),
		codes: count("codes", CodesPerHelper, CodesWindow), loud: count("alarm", AlarmAt, AlarmWindow), locked: &locks{until: map[string]time.Time{}},
	}
	if o.Shared {
		d.locked = &sharedLocks{o.Store}
	}
	return d
}

// Open opens a session with a code for a helper; the helper's live code dies, and voided is
// its session. Errors are *api.Problem (code.many) or the store's.
func (d *Desk) Open(ctx context.Context, tenant, helper, name string, nh []byte) (c store.Code, voided string, err error) {
	now := d.o.Now()
	ok, _, retry, err := d.codes.add(ctx, now, tenant, helper)
	if err != nil {
		return c, "", err
	}
	if !ok {
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
	now := d.o.Now()
	left, err := d.locked.left(ctx, now, tenant, sharer)
	if err != nil {
		return store.Code{}, err
	}
	if left > 0 {
		return store.Code{}, problem.Later(api.CodeTooMany, left)
	}
	ok, _, retry, err := d.address.add(ctx, now, tenant, address)
	if err != nil {
		return store.Code{}, err
	}
	if !ok {
		return store.Code{}, problem.Later(api.CodeTooMany, retry)
	}
	c, bySelf, err := d.o.Store.For(tenant).ClaimCode(ctx, shape(loc), sharer)
	switch {
	case err == nil:
		return c, nil
	case !errors.Is(err, store.ErrNotFound):
		return store.Code{}, err
	}
	if err := d.miss(ctx, now, tenant, sharer); err != nil {
		return store.Code{}, err
	}
	if bySelf {
		return store.Code{}, problem.New(api.CodeUsed)
	}
	return store.Code{}, problem.New(api.CodeInvalid)
}

// miss counts a wrong locator and locks the account out if there were too many.
func (d *Desk) miss(ctx context.Context, now time.Time, tenant, sharer string) error {
	_, full, _, err := d.wrong.add(ctx, now, tenant, sharer)
	if err != nil {
		return err
	}
	if full {
		err := d.locked.set(ctx, now, tenant, sharer)
		if err == nil {
			err = d.wrong.forget(ctx, tenant, sharer) // after the lockout counting starts anew
		}
		if err != nil {
			return err
		}
		if d.o.Locked != nil {
			d.o.Locked(tenant, sharer)
		}
	}
	ok, full, _, err := d.loud.add(ctx, now, tenant, "")
	if ok && full && d.o.Alarm != nil {
		d.o.Alarm(tenant)
	}
	return err
}

// shape makes what cannot be a locator one that nobody has, so that the same work follows.
func shape(loc string) string {
	if strings.ContainsFunc(loc, func(c rune) bool { return !strings.ContainsRune(Alphabet, c) }) {
		return ""
	}
	return loc
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
