package screens_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/test"

	"beside/app/screens"
	"beside/app/ui"
	"beside/policy"
	"beside/policy/api"
)

const full = policy.View | policy.Control

func setup(t *testing.T, lang string) {
	t.Helper()
	a := test.NewTempApp(t)
	th, err := ui.NewTheme(ui.LookLight)
	if err != nil {
		t.Fatal(err)
	}
	a.Settings().SetTheme(th)
	if err := ui.SetLanguage(lang); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = ui.SetLanguage("en") })
}

func noa() ui.Person {
	return ui.Person{Object: "a", Name: "Noa Winters", First: "Noa", Job: "Medewerker servicedesk", Company: "Halden Group", Domain: "halden.example"}
}

// people are names that try to leave their card.
func people() map[string]ui.Person {
	long := strings.Repeat("Wilhelmina ", 5) + "Vos-x"
	return map[string]ui.Person{
		"usual":   noa(),
		"sixty":   {Object: "b", Name: long, First: "Wilhelmina", Job: long, Company: long, Domain: "a.very.long.domain.of.an.organisation.halden.example"},
		"oneword": {Object: "c", Name: strings.Repeat("W", 60), First: strings.Repeat("W", 60), Domain: strings.Repeat("w", 63) + ".example"},
		"arabic":  {Object: "d", Name: "نور الدين عبد الرحمن", First: "نور", Job: "موظف الدعم", Company: "مجموعة هالدن", Domain: "halden.example"},
		"bidi":    {Object: "e", Name: "Noa\u202E sretniW\u2066\u200B", First: "\u202ENoa", Domain: "halden.example\u202E"},
		"empty":   {},
	}
}

var monitors = []screens.Monitor{{N: 1, W: 1920, H: 1080}, {N: 2, W: 7680, H: 4320}, {N: 16, W: 1080, H: 1920}}

type page struct {
	name  string
	size  fyne.Size // the first size of its window
	least float32   // the least width of its window
	make  func(p ui.Person) fyne.CanvasObject
}

func small(w, h, least float32) (fyne.Size, float32) { return fyne.NewSize(w, h), least }

func pages() []page {
	start, startW := small(400, 600, 360)
	sharer, _ := small(400, 660, 360)
	consent, _ := small(400, 700, 360)
	helper, helperW := small(480, 700, 400)
	who, _ := small(480, 740, 400)
	none := func() {}
	dev := func(s policy.DeviceState) screens.Device {
		return screens.Device{Name: "HLD-LT-0427", OS: "Windows 11 Pro", State: s, Proof: policy.ProofReported}
	}
	out := []page{
		{"start out", start, startW, func(ui.Person) fyne.CanvasObject { return screens.Start(screens.StartData{}).Object }},
		{"start in", start, startW, func(p ui.Person) fyne.CanvasObject {
			return screens.Start(screens.StartData{SignedIn: true, MayHelp: true, Me: p, Username: "sam.rivers@halden.example"}).Object
		}},
		{"sign in", start, startW, func(ui.Person) fyne.CanvasObject {
			return screens.SignInBrowser(screens.SignInData{OnBack: none}, false).Object
		}},
		{"sign in late", start, startW, func(ui.Person) fyne.CanvasObject {
			return screens.SignInBrowser(screens.SignInData{OnBack: none}, true).Object
		}},
		{"phone", start, startW, func(ui.Person) fyne.CanvasObject {
			return screens.SignInPhone(screens.PhoneData{URL: "https://microsoft.com/devicelogin", Code: "F7K29QWX", NoBrowser: true, OnBack: none}).Object
		}},
		{"busy", start, startW, func(ui.Person) fyne.CanvasObject {
			return screens.Busy(screens.BusyData{Icon: "clock", Title: "start.wait", OnCancel: none}).Object
		}},
		{"join", sharer, startW, func(ui.Person) fyne.CanvasObject { return screens.NewJoin(screens.JoinData{OnBack: none}).Object }},
		{"join refused", sharer, startW, func(ui.Person) fyne.CanvasObject {
			j := screens.NewJoin(screens.JoinData{Code: "7KQMT4VDXYBC", OnBack: none})
			j.Refuse(screens.ErrorFor(api.CodeTooMany, screens.Sharer), ui.M{"n": "15"})
			return j.Object
		}},
		{"waiting", sharer, startW, func(p ui.Person) fyne.CanvasObject {
			return screens.Waiting(screens.WaitingData{Helper: p, OnCancel: none}).Object
		}},
		{"consent view", consent, startW, func(p ui.Person) fyne.CanvasObject {
			return screens.NewConsent(screens.ConsentData{Helper: p, Rights: policy.View, Now: time.Now}).Object
		}},
		{"consent control", consent, startW, func(p ui.Person) fyne.CanvasObject {
			return screens.NewConsent(screens.ConsentData{Helper: p, Rights: full, Now: time.Now}).Object
		}},
		{"consent monitors", fyne.NewSize(400, 920), startW, func(p ui.Person) fyne.CanvasObject {
			return screens.NewConsent(screens.ConsentData{Helper: p, Rights: full, Now: time.Now, Monitors: screens.Monitors{All: true, List: monitors}}).Object
		}},
		{"limit", fyne.NewSize(screens.LimitWidth, 400), screens.LimitWidth, func(ui.Person) fyne.CanvasObject {
			return screens.NewLimit(screens.Monitors{All: true, List: monitors, Chosen: 2}, func(int) {}, none).Object
		}},
		{"code", helper, helperW, func(ui.Person) fyne.CanvasObject {
			c := screens.NewCode(screens.CodeData{OnBack: none})
			c.Show("7KQMT4VD", 10*time.Minute)
			c.Copied(true)
			return c.Object
		}},
		{"code dead", helper, helperW, func(ui.Person) fyne.CanvasObject {
			c := screens.NewCode(screens.CodeData{OnBack: none})
			c.Show("7KQMT4VDXY", 10*time.Minute)
			c.Dead(true)
			return c.Object
		}},
		{"end sharer", fyne.NewSize(400, 620), startW, func(p ui.Person) fyne.CanvasObject {
			return screens.EndSharer(screens.EndData{Peer: p, By: "x", Lasted: time.Hour, Used: full}).Object
		}},
		{"end helper", fyne.NewSize(480, 600), helperW, func(p ui.Person) fyne.CanvasObject {
			return screens.EndHelper(screens.EndData{Peer: p, By: "x", Device: "HLD-LT-0427", Lasted: time.Hour, Used: full}).Object
		}},
	}
	for _, s := range []policy.DeviceState{policy.StateUnknown, policy.StateCompliant, policy.StateNotCompliant, policy.StateNotEnrolled} {
		out = append(out, page{"who " + s.String(), who, helperW, func(p ui.Person) fyne.CanvasObject {
			w := screens.NewWho(screens.WhoData{Sharer: p, Self: noa(), Device: dev(s), Offer: full, OnBack: none})
			w.Asked()
			return w.Object
		}})
	}
	return out
}

// loose finds every drawn text that is wider than the place it has, or lies beside the window.
func loose(t *testing.T, what string, o fyne.CanvasObject, at fyne.Position, width float32) {
	t.Helper()
	if o == nil || !o.Visible() {
		return
	}
	at = at.Add(o.Position())
	switch o := o.(type) {
	case *canvas.Text:
		if w := o.MinSize().Width; w > o.Size().Width+2 {
			t.Errorf("%s: %q is %.0f wide in %.0f", what, o.Text, w, o.Size().Width)
		}
		if at.X < -1 || at.X+o.MinSize().Width > width+1 && o.Alignment == fyne.TextAlignLeading {
			t.Errorf("%s: %q leaves the window", what, o.Text)
		}
	case *fyne.Container:
		for _, c := range o.Objects {
			loose(t, what, c, at, width)
		}
	case *container.Scroll:
		loose(t, what, o.Content, at, width)
	case fyne.Widget:
		for _, c := range test.WidgetRenderer(o).Objects() {
			loose(t, what, c, at, width)
		}
	}
}

func TestEveryPageFits(t *testing.T) {
	for _, lang := range []string{"en", "nl"} {
		t.Run(lang, func(t *testing.T) {
			setup(t, lang)
			for _, p := range pages() {
				o := p.make(noa())
				if need := ui.HeightOf(o, p.size.Width); need > p.size.Height {
					t.Errorf("%s: needs %.0f of %.0f", p.name, need, p.size.Height)
				}
				for who, person := range people() {
					for _, w := range []float32{p.least, p.size.Width} {
						o := p.make(person)
						if m := o.MinSize().Width; m > w {
							t.Errorf("%s, %s: at least %.0f wide, has %.0f", p.name, who, m, w)
						}
						win := test.NewTempWindow(t, o)
						win.SetPadded(false)
						win.Resize(fyne.NewSize(w, p.size.Height))
						loose(t, p.name+", "+who, o, fyne.Position{}, w)
					}
				}
			}
		})
	}
}

func TestEveryErrorFits(t *testing.T) {
	for _, lang := range []string{"en", "nl"} {
		setup(t, lang)
		for c, e := range texts(t) {
			r := screens.Sharer
			if strings.HasSuffix(c, "helper") {
				r = screens.Helper
			}
			s := screens.ErrorPage(screens.ErrorData{
				Text: e, Role: r, OnAction: func() {},
				Names: ui.M{"first": "Sam", "helper": "Noa Winters", "account": "sam.rivers@private.example", "n": "15", "device": "HLD-LT-0427"},
			})
			for _, w := range []float32{360, 400} {
				if need := ui.HeightOf(s.Object, w); need > 560 {
					t.Errorf("%s, %s: needs %.0f at %.0f", c, lang, need, w)
				}
			}
			for _, i := range labels(s.Object) {
				if strings.Contains(i.Label, "<no value>") {
					t.Errorf("%s: %q", c, i.Label)
				}
			}
		}
	}
}

// labels lists what a page shows and offers.
func labels(o fyne.CanvasObject) []ui.Info {
	if o == nil || !o.Visible() {
		return nil
	}
	var out []ui.Info
	if e, ok := o.(ui.Element); ok {
		out = append(out, e.Info())
	}
	switch o := o.(type) {
	case *fyne.Container:
		for _, c := range o.Objects {
			out = append(out, labels(c)...)
		}
	case *container.Scroll:
		out = append(out, labels(o.Content)...)
	}
	return out
}

func TestEveryButtonHasAName(t *testing.T) {
	setup(t, "en")
	for _, p := range pages() {
		n := 0
		for _, i := range labels(p.make(noa())) {
			if i.Role == "text" || i.Role == "status" {
				continue
			}
			n++
			if i.ID == "" || i.Label == "" && i.ID != "join.field" {
				t.Errorf("%s: %+v", p.name, i)
			}
		}
		if n == 0 {
			t.Errorf("%s: nothing to press", p.name)
		}
	}
}

func TestConsentTakesNoAccidents(t *testing.T) {
	for name, make := range map[string]func(screens.ConsentData) *screens.Consent{"page": screens.NewConsent, "prompt": screens.NewPrompt} {
		for _, answer := range []string{"keys", "click allow", "escape", "raised"} {
			t.Run(name+" "+answer, func(t *testing.T) {
				setup(t, "en")
				synctest.Test(t, func(t *testing.T) {
					var got []bool
					c := make(screens.ConsentData{Helper: noa(), Rights: full, Now: time.Now, OnAnswer: func(b bool) { got = append(got, b) }})
					w := test.NewTempWindow(t, c.Object)
					w.Canvas().Focus(c.Focus)
					if c.Focus != c.Decline || !c.Decline.Info().Focused {
						t.Fatal("Decline has not the keyboard")
					}
					try := func() {
						switch answer {
						case "keys", "raised":
							c.Decline.TypedKey(&fyne.KeyEvent{Name: fyne.KeySpace})
							c.Decline.TypedKey(&fyne.KeyEvent{Name: fyne.KeyReturn})
						case "click allow":
							c.Allow.MouseDown(nil)
							c.Allow.Tapped(nil)
						case "escape":
							c.Escape()
						}
					}
					time.Sleep(screens.GuardTime - time.Millisecond) //nolint:forbidigo // in a bubble
					try()
					if len(got) != 0 {
						t.Fatal("answered within 700 ms")
					}
					if answer == "raised" {
						c.Guard.Raised()
					}
					time.Sleep(time.Millisecond) //nolint:forbidigo // in a bubble
					try()
					if answer == "raised" {
						if len(got) != 0 {
							t.Fatal("answered right after the window came to the top")
						}
						return
					}
					try() // the second time must do nothing
					if len(got) != 1 || got[0] != (answer == "click allow") {
						t.Errorf("answers %v", got)
					}
				})
			})
		}
	}
}

func TestConsentOverCannotBeAnswered(t *testing.T) {
	setup(t, "en")
	now := time.Now()
	n := 0
	c := screens.NewConsent(screens.ConsentData{Helper: noa(), Rights: full, Now: func() time.Time { return now }, OnAnswer: func(bool) { n++ }})
	now = now.Add(time.Hour)
	c.Over()
	c.Allow.Press()
	c.Decline.Press()
	c.Escape()
	c.Expire()
	if n != 0 {
		t.Error("a withdrawn question was answered")
	}
}
