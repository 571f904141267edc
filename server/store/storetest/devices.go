package storetest

import (
	"bytes"
	"errors"
	"reflect"
	"sync"
	counters "sync/atomic"
	"testing"
	"time"

	"beside/server/store"
)

// newEnrolToken is a token that counts for an hour.
func newEnrolToken(t *testing.T, e *env, tenant string, et store.EnrolToken) (store.EnrolToken, string) {
	t.Helper()
	et.By, et.Expires = noa, e.clock.Now().Add(time.Hour)
	made, token, err := e.s.For(tenant).NewEnrolToken(e.ctx, et)
	must(t, err)
	return made, token
}

func devices(t *testing.T, e *env) {
	a := e.s.For(A)
	key := bytes.Repeat([]byte{1}, 32)
	made, token := newEnrolToken(t, e, A, store.EnrolToken{Owner: sam, Groups: []string{"g1", "g2"}})
	if ts, err := a.EnrolTokens(e.ctx); err != nil || len(ts) != 1 || !reflect.DeepEqual(ts[0].Groups, made.Groups) || ts[0].Device != made.Device {
		t.Fatalf("%+v %v", ts, err)
	}
	_, err := a.Enrol(e.ctx, token+"x", key, "n", "o")
	want(t, "wrong token", err, store.ErrNotFound)
	before, err := a.PolicyRev(e.ctx)
	must(t, err)
	d, err := a.Enrol(e.ctx, token, key, "HLD-1", "Debian 12")
	must(t, err)
	if rev, _ := a.PolicyRev(e.ctx); rev == before {
		t.Error("an enrolment does not show in the revision")
	}
	wantDev := store.EnrolledDevice{ID: made.Device, Name: "HLD-1", OS: "Debian 12", Owner: sam, Groups: []string{"g1", "g2"}, Public: key, Enrolled: e.clock.Now(), By: noa}
	if got, err := a.EnrolledDevice(e.ctx, d.ID); err != nil || !reflect.DeepEqual(got, wantDev) || !reflect.DeepEqual(d, wantDev) {
		t.Fatalf("%+v, %+v, %v", got, d, err)
	}
	_, err = a.Enrol(e.ctx, token, key, "n", "o")
	want(t, "used token", err, store.ErrNotFound)

	e.clock.Add(time.Minute)
	must(t, a.DeviceSeen(e.ctx, d.ID))
	must(t, a.RevokeDevice(e.ctx, noa, d.ID))
	want(t, "revoked twice", a.RevokeDevice(e.ctx, noa, d.ID), store.ErrNotFound)
	if got, err := a.EnrolledDevice(e.ctx, d.ID); err != nil || !got.Revoked.Equal(e.clock.Now()) || got.RevokedBy != noa || !got.Seen.Equal(e.clock.Now()) {
		t.Errorf("%+v %v", got, err)
	}

	// The same device again, with another key and a name from the token.
	_, token = newEnrolToken(t, e, A, store.EnrolToken{Device: d.ID, Name: "Front desk"})
	again, err := a.Enrol(e.ctx, token, bytes.Repeat([]byte{2}, 32), "HLD-1", "Debian 13")
	must(t, err)
	if got, err := a.EnrolledDevice(e.ctx, d.ID); err != nil || !reflect.DeepEqual(got, again) || got.Name != "Front desk" || !got.Revoked.IsZero() || got.Owner != "" {
		t.Errorf("%+v %v", got, err)
	}
	if own, _ := a.EnrolledDevices(e.ctx, sam); len(own) != 0 {
		t.Errorf("Sam's: %+v", own)
	}

	expired, token := newEnrolToken(t, e, A, store.EnrolToken{})
	e.clock.Add(time.Hour)
	_, err = a.Enrol(e.ctx, token, key, "n", "o")
	want(t, "expired token", err, store.ErrNotFound)
	if ts, _ := a.EnrolTokens(e.ctx); len(ts) != 0 {
		t.Errorf("expired tokens are listed: %+v", ts)
	}
	e.clock.Add(time.Second)
	_, err = e.s.Purge(e.ctx)
	must(t, err)
	want(t, "purged token", a.VoidEnrolToken(e.ctx, expired.ID), store.ErrNotFound)
	voided, token := newEnrolToken(t, e, A, store.EnrolToken{})
	must(t, a.VoidEnrolToken(e.ctx, voided.ID))
	_, err = a.Enrol(e.ctx, token, key, "n", "o")
	want(t, "voided token", err, store.ErrNotFound)
}

// enrolRace has many devices use one token: one wins.
func enrolRace(t *testing.T, e *env) {
	_, token := newEnrolToken(t, e, A, store.EnrolToken{})
	var wg sync.WaitGroup
	var won counters.Int32
	for i := range 8 {
		wg.Go(func() {
			switch _, err := e.s.For(A).Enrol(e.ctx, token, bytes.Repeat([]byte{byte(i)}, 32), "n", "o"); {
			case err == nil:
				won.Add(1)
			case !errors.Is(err, store.ErrNotFound):
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if ds, err := e.s.For(A).EnrolledDevices(e.ctx, ""); err != nil || won.Load() != 1 || len(ds) != 1 {
		t.Errorf("%d won, %d devices, %v", won.Load(), len(ds), err)
	}
}

// deviceIsolation gives A a token and a device and shows that B, asked everything, knows none of it.
func deviceIsolation(t *testing.T, e *env) {
	a, b := e.s.For(A), e.s.For(B)
	_, token := newEnrolToken(t, e, A, store.EnrolToken{Owner: sam})
	d, err := a.Enrol(e.ctx, token, make([]byte, 32), "n", "o")
	must(t, err)
	made, token := newEnrolToken(t, e, A, store.EnrolToken{})
	_, err = b.Enrol(e.ctx, token, make([]byte, 32), "n", "o")
	want(t, "foreign token", err, store.ErrNotFound)
	_, err = b.EnrolledDevice(e.ctx, d.ID)
	want(t, "foreign device", err, store.ErrNotFound)
	for name, err := range map[string]error{
		"void": b.VoidEnrolToken(e.ctx, made.ID), "revoke": b.RevokeDevice(e.ctx, noa, d.ID), "seen": b.DeviceSeen(e.ctx, d.ID),
	} {
		want(t, name, err, store.ErrNotFound)
	}
	ds, err := b.EnrolledDevices(e.ctx, "")
	own, err2 := b.EnrolledDevices(e.ctx, sam)
	ts, err3 := b.EnrolTokens(e.ctx)
	if err != nil || err2 != nil || err3 != nil || len(ds)+len(own)+len(ts) != 0 {
		t.Errorf("devices leak: %v %v %v %v %v %v", ds, own, ts, err, err2, err3)
	}
}
