package app

import (
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"

	"beside/input"
	"beside/policy"
	"beside/session"
)

// sharing brings the sharer to a session and returns the bar.
func (r *rig) sharing(noChat bool) *fakeFloat {
	r.t.Helper()
	r.press("start.get")
	r.typeCode("7KQMT4VD")
	r.press("join.go")
	r.sharer.noChat = noChat
	r.sharer.events <- session.Started{Rights: policy.View, Peer: noaPerson}
	r.until("bar", func() bool { return len(r.open()) == 1 })
	return r.open()[0]
}

// viewing brings the helper to a session and returns what the viewer's window shows.
func (r *rig) viewing(rights policy.Right, noChat bool) fyne.CanvasObject {
	r.t.Helper()
	r.press("start.give")
	r.until("a session", func() bool { return r.helper != nil })
	r.helper.noChat = noChat
	r.helper.events <- session.MetSharer{Sharer: samPerson, Self: noaPerson, Offer: policy.View | policy.Control}
	r.helper.events <- session.Started{Rights: rights, Peer: samPerson}
	var x fyne.CanvasObject
	r.until("viewer", func() bool {
		for _, w := range r.a.fyne.Driver().AllWindows() {
			if find(w.Content(), "v.end") != nil {
				x = w.Content()
			}
		}
		return x != nil
	})
	return x
}

func label(o fyne.CanvasObject, id string) string {
	if e := find(o, id); e != nil {
		return e.Info().Label
	}
	return ""
}

// write types into the chat's field and sends.
func (r *rig) write(o fyne.CanvasObject, s string) {
	r.t.Helper()
	f, ok := find(o, "c.field").(fyne.Focusable)
	if !ok {
		r.t.Fatal("no field")
	}
	for _, c := range s {
		f.TypedRune(c)
	}
	f.TypedKey(&fyne.KeyEvent{Name: fyne.KeyReturn})
}

func TestChatOfTheSharer(t *testing.T) {
	r := newRig(t, Options{})
	bar := r.sharing(false).w.Content()
	r.sharer.events <- session.ChatSaid{Text: "<b>Hello</b> Sam", At: began}
	r.until("unread", func() bool { return label(bar, "chat") == "Chat (1)" })
	r.pressOn(bar, "chat")
	if len(r.open()) != 2 || label(bar, "chat") != "Chat" {
		t.Fatalf("%d windows, %q", len(r.open()), label(bar, "chat"))
	}
	chat := r.open()[1].w.Content()
	if label(chat, "chat.theirs") != "<b>Hello</b> Sam" {
		t.Errorf("%q", label(chat, "chat.theirs"))
	}
	r.write(chat, "Hi")
	if !r.sharer.asked("say Hi") || label(chat, "c.field") != "" {
		t.Error("not sent")
	}
	r.sharer.events <- session.ChatState{ID: 1}
	r.until("failed", func() bool { return find(chat, "c.again") != nil })
	r.pressOn(chat, "c.again")
	if !r.sharer.asked("again 1 Hi") {
		t.Error("not tried again")
	}
	r.sharer.events <- session.ChatState{ID: 1, Arrived: true}
	r.until("sent", func() bool { return find(chat, "c.again") == nil && label(chat, "chat.mine") == "Hi" })

	// A question takes its place; what was said is still there afterwards.
	r.sharer.events <- session.Consent{Helper: noaPerson, Rights: policy.View | policy.Control, Until: r.now.Add(time.Minute), Answer: func(bool) {}}
	r.until("the question alone", func() bool { o := r.open(); return len(o) == 2 && find(o[1].w.Content(), "decline") != nil })
	r.pressOn(bar, "chat")
	if len(r.open()) != 2 {
		t.Error("the chat opens beside a question")
	}
	r.sharer.events <- session.ConsentOver{}
	r.until("question gone", func() bool { return len(r.open()) == 1 })
	r.pressOn(bar, "chat")
	if label(r.open()[1].w.Content(), "chat.mine") != "Hi" {
		t.Error("what was said is lost")
	}
}

func TestChatOfTheHelper(t *testing.T) {
	r := newRig(t, Options{})
	v := r.viewing(policy.View, false)
	r.helper.events <- session.ChatSaid{Text: "Hello"}
	r.until("unread", func() bool { return label(v, "chat") == "Chat (1)" })
	if find(v, "c.field") != nil {
		t.Fatal("open by itself")
	}
	r.pressOn(v, "chat")
	r.helper.mute = true
	r.write(v, "Hi Sam")
	if label(v, "chat.mine") != "Hi Sam" || find(v, "c.again") == nil {
		t.Error("a message that cannot be sent looks sent")
	}
	r.pressOn(v, "c.close")
	if find(v, "c.field") != nil {
		t.Error("it does not close")
	}
}

// R24: where the organisation has switched chat off there is none.
func TestChatOff(t *testing.T) {
	r := newRig(t, Options{})
	if bar := r.sharing(true).w.Content(); find(bar, "chat") != nil || find(bar, "pause") == nil {
		t.Error("the sharer's bar is wrong")
	}
	r = newRig(t, Options{})
	if v := r.viewing(policy.View, true); find(v, "chat") != nil || find(v, "v.pen") == nil {
		t.Error("the helper's toolbar is wrong")
	}
}

func TestPause(t *testing.T) {
	r := newRig(t, Options{})
	bar := r.sharing(false).w.Content()
	r.pressOn(bar, "pause")
	if !r.sharer.asked("pause") || find(bar, "continue") != nil {
		t.Error("the bar says it before it is so")
	}
	r.sharer.events <- session.PausedNow{On: true}
	r.until("paused", func() bool { return label(bar, "bar.does") == "Nobody can see your screen now" })
	r.pressOn(bar, "continue")
	if !r.sharer.asked("continue") {
		t.Error("not continued")
	}
	r.sharer.events <- session.PausedNow{}
	r.until("shared again", func() bool { return label(bar, "bar.does") == "can see your screen" })
}

func TestPausedAtTheHelper(t *testing.T) {
	r := newRig(t, Options{})
	v := r.viewing(policy.View|policy.Control, false)
	r.helper.events <- session.PausedNow{On: true}
	r.until("paused", func() bool { return label(v, "p.title") == "Sam has paused" })
	if r.viewer.control || !find(v, "v.pen").Info().Disabled || !find(v, "v.giveback").Info().Disabled {
		t.Error("something can be done to the screen")
	}
	r.pressOn(v, "p.chat")
	if find(v, "c.field") == nil {
		t.Error("the chat does not open")
	}
	r.helper.events <- session.Unreachable{Since: r.now}
	r.until("lost", func() bool { return find(v, "r.title") != nil })
	r.helper.events <- session.Back{}
	r.until("still paused", func() bool { return find(v, "p.title") != nil && find(v, "r.title") == nil })
	r.helper.events <- session.PausedNow{}
	r.until("goes on", func() bool { return find(v, "p.title") == nil && r.viewer.control })
}

func TestTools(t *testing.T) {
	r := newRig(t, Options{})
	v := r.viewing(policy.View|policy.Control, false)
	at := input.Move{X: 0.5, Y: 0.25}
	w := r.viewOpts.Point
	w(at, true, true)
	if len(r.helper.did) != 0 {
		t.Errorf("pointing without a tool: %v", r.helper.did)
	}
	r.pressOn(v, "v.laser")
	w(at, false, true)
	if r.viewer.control || !r.viewer.points || !r.helper.asked("laser {0.5 0.25} true") {
		t.Errorf("%+v, %v", r.viewer, r.helper.did)
	}
	r.pressOn(v, "v.pen") // changes the tool
	w(at, true, true)
	w(at, true, true)
	w(at, false, true)
	w(at, true, true)
	var draws []string
	for _, d := range r.helper.did {
		if strings.HasPrefix(d, "draw") {
			draws = append(draws, d)
		}
	}
	if got := strings.Join(draws, ";"); got != "draw {0.5 0.25} true;draw {0.5 0.25} false;draw {0.5 0.25} true" {
		t.Errorf("%s", got)
	}
	r.pressOn(v, "v.clear")
	if !r.helper.asked("clear") {
		t.Error("Clear does nothing")
	}
	r.pressOn(v, "v.pen")
	if !r.viewer.control || r.viewer.points || find(v, "v.laser") == nil {
		t.Error("the pen stays in the hand")
	}
	r.pressOn(v, "v.laser")
	r.helper.events <- session.PausedNow{On: true}
	r.until("the laser put away", func() bool { return !r.viewer.points })
}

func TestSharerClears(t *testing.T) {
	r := newRig(t, Options{})
	bar := r.sharing(false)
	if find(bar.w.Content(), "v.clear") != nil {
		t.Error("there is something to clear")
	}
	r.sharer.events <- session.Inked{On: true}
	r.until("something to clear", func() bool { return find(bar.w.Content(), "v.clear") != nil })
	r.pressOn(bar.w.Content(), "v.clear")
	if !r.sharer.asked("clear") {
		t.Error("Clear does nothing")
	}
	r.sharer.events <- session.Inked{}
	r.until("nothing to clear", func() bool { return find(bar.w.Content(), "v.clear") == nil })
}
