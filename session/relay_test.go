package session_test

import (
	"encoding/json"
	"image"
	"sync"
	"testing"

	"beside/input"
	"beside/policy/api"
	"beside/server/relay/relaytest"
	"beside/session"
	"beside/session/rtc"
	"beside/session/sessiontest"
)

// A whole session, from the code to its end, whose media have no other path than the endpoint's relay,
// with the credentials that the endpoint gave each side.
func TestWholeSessionByRelay(t *testing.T) {
	for _, transport := range relaytest.Transports {
		t.Run(transport, func(t *testing.T) {
			relay := relaytest.Start(t)
			r := newRig(t)
			var mu sync.Mutex
			var id string
			r.end.Push = func(to string, f api.Frame) []api.Frame {
				if f.Type != api.TypeMet {
					return []api.Frame{f}
				}
				var met api.Met
				if err := json.Unmarshal(f.Body, &met); err != nil {
					t.Error(err)
				}
				side := map[string]string{sessiontest.Noa: "helper", sessiontest.Sam: "sharer"}[to]
				met.ICE = relay.Only(transport, met.Session, side)
				mu.Lock()
				defer mu.Unlock()
				id = met.Session
				return []api.Frame{sessiontest.Frame(f.Type, met)}
			}
			r.tweak = func(c *session.Common, sharer bool) {
				c.NewWire = func() (session.Wire, error) {
					return rtc.New(rtc.Config{Sharer: sharer, RelayOnly: true, Loopback: true, Roots: relay.Roots})
				}
			}
			r.start(control)
			eventually(t, "the picture is equal", r.same)
			r.screen.paint(image.Rect(20, 20, 60, 40), 99)
			eventually(t, "the change arrives", r.same)
			r.helper.Input(input.Key{Usage: 4, Down: true})
			eventually(t, "the key arrives", func() bool { return len(r.sys.events()) > 0 })
			if sessions, allocations := relay.Load(); sessions != 1 || allocations != 2 || relay.Stats.Bytes.Load() == 0 {
				t.Errorf("the relay has %d sessions, %d allocations, carried %d bytes", sessions, allocations, relay.Stats.Bytes.Load())
			}
			r.sharer.Stop()
			if e := expect[session.Ended](t, r.he); e.Code != api.EndStopped {
				t.Errorf("helper was told %+v", e)
			}
			mu.Lock()
			relay.Release(id)
			mu.Unlock()
			if sessions, allocations := relay.Load(); sessions != 0 || allocations != 0 {
				t.Errorf("%d sessions and %d allocations are left", sessions, allocations)
			}
		})
	}
}
