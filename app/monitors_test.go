package app

import (
	"image"
	"testing"
	"time"

	"fyne.io/fyne/v2"

	"beside/policy"
	"beside/session"
)

var twoMonitors = []session.Monitor{
	{N: 1, Bounds: image.Rect(0, 0, 1920, 1080), Primary: true}, {N: 2, Bounds: image.Rect(1920, 0, 4480, 1440)},
}

func TestMonitorsOfTheHelper(t *testing.T) {
	r := newRig(t, Options{})
	v := r.viewing(policy.View, false)
	if find(v, "v.screens") != nil {
		t.Error("a choice without monitors")
	}
	r.helper.events <- session.MonitorsNow{List: twoMonitors, All: true}
	r.until("the button", func() bool { return find(v, "v.screens") != nil })
	r.pressOn(v, "v.screens")
	if got := label(v, "screen.2"); got != "Screen 2 · 2560 × 1440" || find(v, "screen.0").Info().Role != "radio.chosen" {
		t.Errorf("%q", got)
	}
	r.pressOn(v, "screen.2")
	if !r.helper.asked("show 2") || find(v, "screen.2") != nil {
		t.Error("not asked, or the menu stays")
	}
	r.helper.events <- session.MonitorsNow{List: twoMonitors, All: true, Shown: 2}
	next := func(want string) {
		t.Helper()
		r.until("the next one", func() bool { r.key(v, fyne.KeyN); return r.helper.asked(want) })
	}
	next("show 1")
	r.helper.events <- session.MonitorsNow{List: twoMonitors[1:], Shown: 2, Only: 2}
	r.until("no choice", func() bool { return find(v, "v.screens") == nil })
	r.key(v, fyne.KeyS)
	if find(v, "screen.2") != nil {
		t.Error("a menu without a choice")
	}
}

// key types into the viewer's window.
func (r *rig) key(v fyne.CanvasObject, k fyne.KeyName) {
	r.t.Helper()
	for _, w := range r.a.fyne.Driver().AllWindows() {
		if w.Content() == v {
			w.Canvas().OnTypedKey()(&fyne.KeyEvent{Name: k})
		}
	}
}

func TestSharerLimits(t *testing.T) {
	r := newRig(t, Options{})
	bar := r.sharing(false).w.Content()
	if find(bar, "v.screens") != nil {
		t.Error("a choice without monitors")
	}
	r.sharer.events <- session.MonitorsNow{List: twoMonitors, All: true}
	r.until("the button", func() bool { return find(bar, "v.screens") != nil })
	r.pressOn(bar, "v.screens")
	if len(r.open()) != 2 {
		t.Fatal("no window")
	}
	w := r.open()[1].w.Content()
	if label(w, "screen.0") != "All screens (2)" || label(w, "screen.2") != "Only screen 2 · 2560 × 1440" {
		t.Errorf("%q, %q", label(w, "screen.0"), label(w, "screen.2"))
	}
	r.pressOn(w, "screen.2")
	if !r.sharer.asked("only 2") || len(r.open()) != 1 {
		t.Error("not limited, or the window stays")
	}
	r.sharer.events <- session.MonitorsNow{List: twoMonitors, Shown: 2, Only: 2}
	r.until("the bar says so", func() bool { return label(bar, "bar.does") == "can see only screen 2" })
	// It is unplugged: none is chosen, and any can be.
	r.sharer.events <- session.MonitorsNow{List: twoMonitors[:1], Shown: 2, Only: 2}
	r.until("open again", func() bool {
		r.pressOn(bar, "v.screens")
		return len(r.open()) == 2 && find(r.open()[1].w.Content(), "screen.2") == nil
	})
	r.pressOn(r.open()[1].w.Content(), "screen.0")
	if !r.sharer.asked("only 0") {
		t.Error("the limit cannot be lifted")
	}
}

func TestSharerChoosesBefore(t *testing.T) {
	r := newRig(t, Options{})
	r.press("start.get")
	r.typeCode("7KQMT4VD")
	r.press("join.go")
	r.sharer.events <- session.Consent{Helper: noaPerson, Rights: policy.View, First: true, Monitors: twoMonitors, Until: r.now.Add(time.Minute), Answer: func(bool) {}}
	r.until("the question", func() bool { return find(r.a.win.Content(), "allow") != nil })
	r.pressOn(r.a.win.Content(), "screen.1")
	if !r.sharer.asked("only 1") {
		t.Error("not limited")
	}
	r.pressOn(r.a.win.Content(), "screen.0")
	if !r.sharer.asked("only 0") {
		t.Error("not lifted")
	}
}
