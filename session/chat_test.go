package session_test

import (
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"beside/policy"
	"beside/session"
	"beside/session/wire"
)

// Both can write under View, each is told that it arrived, and what is shown is safe.
func TestChat(t *testing.T) {
	virtual(t, "both ways", func(t *testing.T, r *rig) {
		r.start(policy.View)
		if !r.helper.Chat() || !r.sharer.Chat() {
			t.Fatal("chat is off")
		}
		id, ok := r.helper.Say("Kies 'Halden-3F'\u202e\x07 \u200b")
		if !ok {
			t.Fatal("not sent")
		}
		if m := expect[session.ChatSaid](t, r.se); m.Text != "Kies 'Halden-3F'��" || m.At.IsZero() {
			t.Errorf("%+v", m)
		}
		if s := expect[session.ChatState](t, r.he); s != (session.ChatState{ID: id, Arrived: true}) {
			t.Errorf("%+v", s)
		}
		if _, ok := r.sharer.Say("O, die!"); !ok {
			t.Fatal("not sent")
		}
		if m := expect[session.ChatSaid](t, r.he); m.Text != "O, die!" {
			t.Errorf("%+v", m)
		}
		if _, ok := r.sharer.Say(" \u200b\n"); ok {
			t.Error("nothing was sent as something")
		}
	})
	virtual(t, "not before or after", func(t *testing.T, r *rig) {
		code := r.help()
		if _, ok := r.helper.Say("too early"); ok {
			t.Error("said without a session")
		}
		r.join(code)
		expect[session.MetSharer](t, r.he)
		r.helper.Ask(policy.View)
		expect[session.Consent](t, r.se).Answer(true)
		expect[session.Started](t, r.he)
		r.sharer.Stop()
		expect[session.Ended](t, r.se)
		if _, ok := r.sharer.Say("too late"); ok {
			t.Error("said after the session")
		}
	})
}

// R24: switched off by the organisation, chat is refused on both ends of the wire.
func TestChatOff(t *testing.T) {
	virtual(t, "an honest app says nothing", func(t *testing.T, r *rig) {
		r.end.NoChat = true
		r.start(policy.View)
		if _, ok := r.helper.Say("hello"); ok || r.helper.Chat() || r.sharer.Chat() {
			t.Error("chat is on")
		}
	})
	said := wire.AppendChat(nil, wire.Chat{ID: 1, Text: "hello"})
	silent := func(t *testing.T, e *events) {
		t.Helper()
		for len(e.c) > 0 {
			if m, ok := (<-e.c).(session.ChatSaid); ok {
				t.Errorf("%+v", m)
			}
		}
	}
	virtual(t, "the sharer refuses", func(t *testing.T, r *rig) {
		r.end.NoChat = true
		p := r.live(t, policy.View)
		_ = p.raw(session.ChanChat, said)
		time.Sleep(2 * time.Second)
		if n := r.refused("chat"); n != 1 {
			t.Errorf("%d refusals", n)
		}
		silent(t, r.se)
	})
	virtual(t, "the helper refuses", func(t *testing.T, r *rig) {
		r.end.NoChat = true
		p := r.evilSharer(r.help())
		p.greet()
		p.listen()
		_ = p.raw(session.ChanChat, said)
		synctest.Wait()
		silent(t, r.he)
	})
}

// A message that is not confirmed counts as not sent; tried again it is shown once.
func TestChatRetry(t *testing.T) {
	virtual(t, "no receipt", func(t *testing.T, r *rig) {
		p := r.evilSharer(r.help())
		p.greet()
		p.deaf = true
		p.listen()
		p.say(wire.Rights{Rights: policy.View, Epoch: 1})
		synctest.Wait()
		id, ok := r.helper.Say("hello")
		if !ok {
			t.Fatal("not sent")
		}
		r.wg.Go(func() { // the link itself is there
			for range 30 {
				p.say(wire.Pong{})
				time.Sleep(time.Second)
			}
		})
		if s := expect[session.ChatState](t, r.he); s != (session.ChatState{ID: id}) {
			t.Errorf("%+v", s)
		}
		if !r.helper.SayAgain(id, "hello") {
			t.Fatal("not sent again")
		}
		_ = p.raw(session.ChanChat, wire.AppendChat(nil, wire.Chat{ID: id}))
		if s := expect[session.ChatState](t, r.he); !s.Arrived {
			t.Errorf("%+v", s)
		}
		_ = p.raw(session.ChanChat, wire.AppendChat(nil, wire.Chat{ID: 77})) // nobody asked
		synctest.Wait()
		if slices.ContainsFunc(r.he.all, func(e session.Event) bool { s, ok := e.(session.ChatState); return ok && s.ID == 77 }) {
			t.Error("a receipt for nothing was believed")
		}
	})
	virtual(t, "said twice", func(t *testing.T, r *rig) {
		p := r.evilHelper(policy.View)
		p.greet()
		p.deaf = true
		p.listen()
		expect[session.Started](t, r.se)
		for range 3 {
			_ = p.raw(session.ChanChat, wire.AppendChat(nil, wire.Chat{ID: 5, Text: "once"}))
		}
		_ = p.raw(session.ChanChat, wire.AppendChat(nil, wire.Chat{ID: 6, Text: "last"}))
		if m := expect[session.ChatSaid](t, r.se); m.Text != "once" {
			t.Errorf("%+v", m)
		}
		if m := expect[session.ChatSaid](t, r.se); m.Text != "last" {
			t.Errorf("%+v", m)
		}
	})
}

// A helper who writes faster than anybody reads is slowed down, and told so by missing receipts.
func TestChatTooFast(t *testing.T) {
	virtual(t, "a hundred at once", func(t *testing.T, r *rig) {
		p := r.evilHelper(policy.View)
		p.greet()
		p.deaf = true
		p.listen()
		expect[session.Started](t, r.se)
		for i := range uint32(100) {
			_ = p.raw(session.ChanChat, wire.AppendChat(nil, wire.Chat{ID: i + 1, Text: strings.Repeat("a", wire.MaxChat)}))
		}
		time.Sleep(2 * time.Second)
		if n := r.refused("chat"); n != 70 {
			t.Errorf("%d were refused", n)
		}
		if p.cut() {
			t.Error("the session did not survive")
		}
	})
}
