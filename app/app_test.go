package app

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"beside/app/ui"
	"beside/auth"
	"beside/policy"
	"beside/policy/api"
	"beside/session"
)

func TestNewWantsEveryService(t *testing.T) {
	if _, err := New(test.NewTempApp(t), Services{}, Options{}); !errors.Is(err, ErrServices) {
		t.Errorf("got %v", err)
	}
}

func TestSharerFromStartToEnd(t *testing.T) {
	r := newRig(t, Options{})
	r.press("start.get") // leads through sign-in by itself
	r.typeCode("7kqm-t4vd")
	r.press("join.go")
	if r.opened() != 1 || !slices.Equal(r.codes, []string{"7KQMT4VD"}) {
		t.Fatalf("urls %v, codes %v", r.urls, r.codes)
	}
	s := r.sharer
	s.events <- session.Checking{}
	s.events <- session.MetHelper{Helper: noaPerson}
	r.see("wait.nothing")
	var answers []bool
	s.events <- session.Consent{
		Helper: noaPerson, Rights: policy.View, First: true, Until: r.now.Add(2 * time.Minute),
		Answer: func(b bool) { answers = append(answers, b); s.events <- session.ConsentOver{} },
	}
	r.see("ask.view")
	if f := r.a.win.Canvas().Focused(); f == nil || f.(ui.Element).Info().ID != "decline" {
		t.Fatal("Decline has not the keyboard")
	}
	r.pressOn(r.a.win.Content(), "allow") // too early
	if len(answers) != 0 {
		t.Fatal("answered within 700 ms")
	}
	r.now = r.now.Add(time.Second)
	r.pressOn(r.a.win.Content(), "allow")
	s.events <- session.Started{Rights: policy.View, Peer: noaPerson}
	r.until("bar", func() bool { return len(r.open()) == 1 })
	bar := r.open()[0]
	if find(bar.w.Content(), "takeback") != nil || find(bar.w.Content(), "bar.does").Info().Label != "can see your screen" {
		t.Error("the bar of View is wrong")
	}
	if bar.o.Focus != nil {
		t.Error("the bar takes the keyboard")
	}
	// A widening asks under the bar; Esc declines.
	var more []bool
	s.events <- session.Consent{
		Helper: noaPerson, Rights: policy.View | policy.Control, Until: r.now.Add(time.Minute),
		Answer: func(b bool) { more = append(more, b); s.events <- session.ConsentOver{} },
	}
	r.until("prompt", func() bool { return len(r.open()) == 2 })
	prompt := r.open()[1]
	if prompt.o.Under != Float(bar) || prompt.o.Focus.(ui.Element).Info().ID != "decline" {
		t.Errorf("prompt %+v", prompt.o)
	}
	esc := &fyne.KeyEvent{Name: fyne.KeyEscape}
	prompt.w.Canvas().OnTypedKey()(esc)
	r.now = r.now.Add(time.Second)
	prompt.w.Canvas().OnTypedKey()(esc)
	if !slices.Equal(more, []bool{false}) {
		t.Errorf("answers %v, want one Decline", more)
	}
	r.until("prompt gone", func() bool { return len(r.open()) == 1 })
	s.events <- session.RightsNow{Rights: policy.View | policy.Control}
	r.until("control", func() bool { return find(bar.w.Content(), "takeback") != nil })
	r.pressOn(bar.w.Content(), "takeback")
	if !s.asked("takeback") {
		t.Error("Take back control does nothing")
	}
	s.events <- session.Unreachable{}
	r.until("lost", func() bool { return find(bar.w.Content(), "bar.name").Info().Label == "Reconnecting" })
	if find(bar.w.Content(), "stop") == nil {
		t.Error("Stop is gone while reconnecting")
	}
	s.events <- session.Back{}
	r.until("back", func() bool { return find(bar.w.Content(), "bar.name").Info().Label == "Noa Winters" })
	if r.stopKey == nil {
		t.Fatal("no stop key")
	}
	s.end(session.Ended{By: session.ByHelper, Code: api.EndStopped, Peer: noaPerson, Began: began, Lasted: 18 * time.Minute, Used: policy.View})
	r.see("e.sharer.title")
	if len(r.open()) != 0 || r.stopKey != nil {
		t.Error("the bar or the stop key outlives the session")
	}
	if got := find(r.a.win.Content(), "e.by").Info().Label; got != "Noa ended it" {
		t.Errorf("by: %q", got)
	}
	r.press("done")
	r.see("start.get")
}

func TestSharerStops(t *testing.T) {
	for name, stop := range map[string]func(*rig){
		"bar": func(r *rig) { r.pressOn(r.open()[0].w.Content(), "stop") },
		"key": func(r *rig) { r.stopKey() },
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, Options{})
			r.press("start.get")
			r.typeCode("7KQMT4VD")
			r.press("join.go")
			r.sharer.events <- session.Started{Rights: policy.View, Peer: noaPerson}
			r.until("bar", func() bool { return len(r.open()) == 1 })
			stop(r)
			if !r.sharer.asked("stop") {
				t.Error("not stopped")
			}
		})
	}
}

func TestQuestionNobodyAnswers(t *testing.T) {
	r := newRig(t, Options{})
	r.press("start.get")
	r.typeCode("7KQMT4VD")
	r.press("join.go")
	got := make(chan bool, 4)
	r.sharer.events <- session.Consent{Helper: noaPerson, Rights: policy.View, First: true, Until: r.now.Add(time.Millisecond), Answer: func(b bool) { got <- b }}
	r.until("declined by itself", func() bool { return len(got) > 0 })
	if <-got {
		t.Error("silence allowed")
	}
}

func TestCodeRefused(t *testing.T) {
	for code, title := range map[string]string{api.CodeMismatch: "x.wrong", api.CodeInvalid: "x.burnt", api.CodeTooMany: "x.many", api.TenantOff: "x.off", "new.code": "x.other"} {
		t.Run(code, func(t *testing.T) {
			r := newRig(t, Options{})
			r.press("start.get")
			r.typeCode("7KQMT4VD")
			r.press("join.go")
			r.sharer.end(session.Ended{Code: code, Retry: 90 * time.Second})
			r.see(title)
			for _, s := range r.texts() {
				if strings.Contains(s, "<no value>") {
					t.Error(s)
				}
			}
		})
	}
}

func TestHelperFromCodeToEnd(t *testing.T) {
	r := newRig(t, Options{})
	r.press("start.give")
	r.see("code.title")
	h := r.helper
	h.events <- session.CodeReady{Code: "7KQMT4VD", Expires: r.now.Add(10 * time.Minute)}
	r.until("code", func() bool { return find(r.a.win.Content(), "code").Info().Label == "7KQM-T4VD" })
	r.press("code.link")
	if got := fyne.CurrentApp().Clipboard().Content(); got != "beside://join#7KQMT4VD" {
		t.Errorf("link %q", got)
	}
	r.press("code.copy")
	if got := fyne.CurrentApp().Clipboard().Content(); got != "7KQM-T4VD" {
		t.Errorf("code %q", got)
	}
	h.events <- session.CodeDead{Code: api.CodeMismatch}
	r.press("code.getnew")
	if !h.asked("new") {
		t.Error("no new code")
	}
	h.events <- session.CodeReady{Code: "BCDFGHJK", Expires: r.now.Add(10 * time.Minute)}
	h.events <- session.Pairing{}
	h.events <- session.MetSharer{
		Sharer: samPerson, Self: noaPerson, Offer: policy.View | policy.Control,
		Device: session.Device{Name: "HLD-LT-0427", State: policy.StateNotCompliant},
	}
	r.press("mode.go")
	if !h.asked("ask view") {
		t.Errorf("asked %v, want the smallest right", h.did)
	}
	h.events <- session.Asked{Rights: policy.View}
	r.press("cancel")
	if !h.asked("cancel") {
		t.Error("the request cannot be taken back")
	}
	r.press("mode.go")
	h.events <- session.Asked{}
	h.events <- session.Declined{}
	r.see("mode.declined")
	h.events <- session.Started{Rights: policy.View, Peer: samPerson}
	r.until("viewer", func() bool { return r.viewer.fit })
	x := r.viewerWindow()
	if r.viewer.control {
		t.Error("View lets input through")
	}
	r.pressOn(x.Content(), "v.request")
	h.events <- session.Asked{}
	r.until("asked", func() bool { return find(x.Content(), "pill") != nil })
	h.events <- session.RightsNow{Rights: policy.View | policy.Control}
	r.until("control", func() bool { return r.viewer.control })
	if find(x.Content(), "pill") != nil || r.viewer.floats != 0 {
		t.Error("the message stays after it was answered")
	}
	h.events <- session.Unreachable{Since: r.now}
	r.until("lost", func() bool { return find(x.Content(), "r.title") != nil })
	if r.viewer.control {
		t.Error("input goes nowhere, but is let through")
	}
	h.events <- session.Back{}
	r.until("back", func() bool { return r.viewer.control })
	h.events <- session.RightsNow{Rights: policy.View, By: session.BySharer}
	r.until("taken", func() bool { return !r.viewer.control })
	if p := find(x.Content(), "pill"); p == nil || !strings.Contains(p.Info().Label, "took back control") {
		t.Error("nobody says that control was taken back")
	}
	h.end(session.Ended{By: session.BySharer, Code: api.EndStopped, Peer: samPerson, Began: began, Lasted: time.Minute, Used: policy.View})
	r.see("e.helper.title")
	if !r.viewer.closed {
		t.Error("the viewer outlives the session")
	}
	r.press("e.again")
	r.see("code.title")
}

func (r *rig) viewerWindow() fyne.Window {
	r.t.Helper()
	for _, w := range fyne.CurrentApp().Driver().AllWindows() {
		if find(w.Content(), "v.end") != nil {
			return w
		}
	}
	r.t.Fatal("no viewer")
	return nil
}

func TestLeavingEndsTheSession(t *testing.T) {
	t.Run("helper back", func(t *testing.T) {
		r := newRig(t, Options{})
		r.press("start.give")
		r.see("code.title")
		r.press("back")
		r.see("start.give")
		if !r.helper.asked("end") || !r.viewer.closed {
			t.Error("the code lives on")
		}
	})
	t.Run("sharer cancels", func(t *testing.T) {
		r := newRig(t, Options{})
		r.press("start.get")
		r.typeCode("7KQMT4VD")
		r.press("join.go")
		r.sharer.events <- session.MetHelper{Helper: noaPerson}
		r.press("cancel")
		r.see("start.get")
		if !r.sharer.asked("stop") {
			t.Error("the other side is not told")
		}
	})
	t.Run("a late question is declined", func(t *testing.T) {
		r := newRig(t, Options{})
		r.press("start.get")
		r.typeCode("7KQMT4VD")
		r.press("join.go")
		s := r.sharer
		got := make(chan bool, 1)
		s.events <- session.Consent{First: true, Answer: func(b bool) { got <- b }}
		r.a.home()
		r.until("declined", func() bool { return len(got) == 1 })
		if <-got {
			t.Error("allowed")
		}
	})
}

func TestLinkFillsInButNeverActs(t *testing.T) {
	r := newRig(t, Options{Join: "7KQMT4VD"})
	r.see("join.field")
	if got := find(r.a.win.Content(), "join.field").Info().Label; got != "7KQM-T4VD" || len(r.codes) != 0 {
		t.Errorf("field %q, codes %v", got, r.codes)
	}
	r.press("join.go")
	if len(r.codes) != 1 {
		t.Error("Continue does nothing")
	}
}

func TestSignIn(t *testing.T) {
	t.Run("no browser leads to the phone", func(t *testing.T) {
		r := newRig(t, Options{})
		r.urlErr = errors.New("none")
		r.press("start.get")
		r.see("signin.code")
	})
	t.Run("wrong account", func(t *testing.T) {
		r := newRig(t, Options{})
		r.in.err = auth.ErrWrongAccount
		r.press("start.get")
		r.see("x.account")
	})
	t.Run("cancelled", func(t *testing.T) {
		r := newRig(t, Options{})
		r.in.err = auth.ErrCancelled
		r.press("start.get")
		r.until("asked", func() bool { return r.opened() == 1 })
		r.see("start.get")
	})
	t.Run("no role", func(t *testing.T) {
		r := newRig(t, Options{})
		r.me.MayHelp = false
		r.press("start.give")
		r.press("close")
		r.see("signout")
		if r.has("start.give") {
			t.Error("offers to help without a role")
		}
		r.press("signout")
		r.until("signed out", func() bool { return !r.has("signout") && r.has("start.give") })
	})
	t.Run("not enabled", func(t *testing.T) {
		r := newRig(t, Options{})
		r.me.Enabled = false
		r.press("start.get")
		r.see("x.off")
	})
	t.Run("offline", func(t *testing.T) {
		r := newRig(t, Options{})
		r.meErr = errors.New("dial")
		r.press("start.get")
		r.see("x.offline")
		r.meErr = nil
		r.press("retry")
		r.see("signout")
	})
}
