//go:build dev

package main

import (
	"image/color"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"

	"beside/app/screens"
	"beside/app/ui"
	"beside/policy"
	"beside/policy/api"
)

type sample struct {
	name string
	make func() screens.Screen
}

func noa() ui.Person {
	job := "Service desk specialist"
	if ui.Language() == "nl" {
		job = "Medewerker servicedesk"
	}
	return ui.Person{Object: "a-noa", Name: "Noa Winters", First: "Noa", Job: job, Company: "Halden Group", Domain: "halden.example"}
}

func sam() ui.Person {
	job := "Payroll officer"
	if ui.Language() == "nl" {
		job = "Medewerker salarisadministratie"
	}
	return ui.Person{Object: "b-sam", Name: "Sam Rivers", First: "Sam", Job: job, Company: "Halden Group", Domain: "halden.example"}
}

func long() ui.Person {
	return ui.Person{
		Object: "c", Name: "Wilhelmina Alexandra van den Oudenhoven-Schimmelpenninck Vos", First: "Wilhelmina",
		Job: "Senior medewerker salarisadministratie en personeelszaken", Company: "Halden Group International Shared Services",
		Domain: "shared-services.international.halden.example",
	}
}

func nothing() {}

func samples() []sample {
	join := func(code string, f func(*screens.Join)) func() screens.Screen {
		return func() screens.Screen {
			j := screens.NewJoin(screens.JoinData{Code: code, OnGo: func(string) {}, OnBack: nothing})
			if f != nil {
				f(j)
			}
			return j.Screen
		}
	}
	consent := func(p func() ui.Person, r policy.Right) func() screens.Screen {
		return func() screens.Screen {
			return screens.NewConsent(screens.ConsentData{Helper: p(), Rights: r, Now: time.Now}).Screen
		}
	}
	code := func(f func(*screens.Code)) func() screens.Screen {
		return func() screens.Screen {
			c := screens.NewCode(screens.CodeData{OnBack: nothing})
			f(c)
			return c.Screen
		}
	}
	who := func(p func() ui.Person, st policy.DeviceState, pr policy.Proof, offer policy.Right, f func(*screens.Who)) func() screens.Screen {
		return func() screens.Screen {
			w := screens.NewWho(screens.WhoData{
				Sharer: p(), Self: noa(), Offer: offer, OnBack: nothing,
				Device: screens.Device{Name: "HLD-LT-0427", OS: "Windows 11 Pro", State: st, Proof: pr},
			})
			if f != nil {
				f(w)
			}
			return w.Screen
		}
	}
	failure := func(c string, r screens.Role) func() screens.Screen {
		return func() screens.Screen {
			return screens.ErrorPage(screens.ErrorData{
				Text: screens.ErrorFor(c, r), Role: r, At: at(), OnAction: nothing,
				Names: ui.M{"first": "Sam", "helper": "Noa Winters", "account": "sam@private.example", "n": "5"},
			})
		}
	}
	full := policy.View | policy.Control
	out := []sample{
		{"01-start-out", func() screens.Screen { return screens.Start(screens.StartData{}) }},
		{"01-start-in", func() screens.Screen {
			return screens.Start(screens.StartData{SignedIn: true, Me: sam(), Username: "sam.rivers@halden.example"})
		}},
		{"01-start-helper", func() screens.Screen {
			return screens.Start(screens.StartData{SignedIn: true, MayHelp: true, Me: noa(), Username: "noa.winters@halden.example"})
		}},
		{"02-signin", func() screens.Screen { return screens.SignInBrowser(screens.SignInData{OnBack: nothing}, false) }},
		{"02-signin-late", func() screens.Screen { return screens.SignInBrowser(screens.SignInData{OnBack: nothing}, true) }},
		{"02-signin-phone", func() screens.Screen {
			return screens.SignInPhone(screens.PhoneData{URL: "https://login.example/device", Code: "F7K2-9QWX", OnBack: nothing})
		}},
		{"03-join", join("", nil)},
		{"03-join-typing", join("7kq", nil)},
		{"03-join-full", join("7kqm-t4vd", nil)},
		{"03-join-never", join("7KQMO", nil)},
		{"03-join-wrong", join("7KQMT4VC", func(j *screens.Join) { j.Refuse(screens.ErrorFor(api.CodeMismatch, screens.Sharer), nil) })},
		{"03-join-many", join("7KQMT4VC", func(j *screens.Join) {
			j.Refuse(screens.ErrorFor(api.CodeTooMany, screens.Sharer), ui.M{"n": "5"})
		})},
		{"03-join-checking", join("7KQMT4VD", func(j *screens.Join) { j.Checking() })},
		{"04-waiting", func() screens.Screen { return screens.Waiting(screens.WaitingData{Helper: noa(), OnCancel: nothing}) }},
		{"05-consent-view", consent(noa, policy.View)},
		{"05-consent-control", consent(noa, full)},
		{"05-consent-long", consent(long, full)},
		{"07-code", code(func(c *screens.Code) { c.Show("7KQMT4VD", 10*time.Minute); c.Left(9*time.Minute + 42*time.Second) })},
		{"07-code-copied", code(func(c *screens.Code) { c.Show("7KQMT4VD", 10*time.Minute); c.Left(42 * time.Second); c.Copied(false) })},
		{"07-code-dead", code(func(c *screens.Code) { c.Show("7KQMT4VD", 10*time.Minute); c.Dead(true) })},
		{"07-code-getting", code(func(*screens.Code) {})},
		{"07-code-ten", code(func(c *screens.Code) { c.Show("7KQMT4VDXY", 10*time.Minute); c.Pairing() })},
		{"09-who-ok", who(sam, policy.StateCompliant, policy.ProofVerified, full, nil)},
		{"09-who-bad", who(sam, policy.StateNotCompliant, policy.ProofOwn, full, nil)},
		{"09-who-unenrolled", who(sam, policy.StateNotEnrolled, policy.ProofReported, policy.View, nil)},
		{"09-who-unknown", who(sam, policy.StateUnknown, policy.ProofReported, full, func(w *screens.Who) { w.Asked() })},
		{"09-who-declined", who(sam, policy.StateNotEnrolled, policy.ProofReported, full, func(w *screens.Who) { w.Asked(); w.Declined() })},
		{"09-who-long", who(long, policy.StateUnknown, policy.ProofReported, full, nil)},
		{"12-prompt", func() screens.Screen {
			return screens.NewPrompt(screens.ConsentData{Helper: noa(), Rights: full, Now: time.Now}).Screen
		}},
		{"12-prompt-long", func() screens.Screen {
			return screens.NewPrompt(screens.ConsentData{Helper: long(), Rights: full, Now: time.Now}).Screen
		}},
		{"20-end-sharer", func() screens.Screen {
			return screens.EndSharer(screens.EndData{Peer: noa(), By: ui.T("e.by.you"), Began: at(), Lasted: 18 * time.Minute, Used: full})
		}},
		{"20-end-helper", func() screens.Screen {
			return screens.EndHelper(screens.EndData{Peer: sam(), Device: "HLD-LT-0427", By: ui.T("e.by.other", ui.M{"name": "Sam"}), Began: at(), Lasted: time.Minute, Used: policy.View})
		}},
		{"21-error-off", failure(api.TenantOff, screens.Sharer)},
		{"21-error-scope", failure(api.ScopeOutside, screens.Helper)},
		{"21-error-secure", failure(api.LinkMismatch, screens.Sharer)},
		{"21-error-offline", failure(screens.LocalOffline, screens.Sharer)},
		{"21-error-norole", failure(api.OfferMissing, screens.Helper)},
		{"21-error-display", failure(screens.LocalNoDisplay, screens.Sharer)},
	}
	return append(out, wide()...)
}

func at() time.Time { return time.Date(2026, 11, 24, 14, 8, 0, 0, time.UTC) }

func wide() []sample {
	full := policy.View | policy.Control
	bar := func(p func() ui.Person, r policy.Right, lost bool, more ...func(*screens.Bar)) func() screens.Screen {
		return func() screens.Screen {
			b := screens.NewBar(screens.BarData{Helper: p(), Rights: r, Chat: true})
			b.SetLost(lost)
			for _, f := range more {
				f(b)
			}
			return screens.Screen{Object: b.Object, Size: fyne.NewSize(b.Width(), screens.BarHeight)}
		}
	}
	viewer := func(w float32, p func() ui.Person, r policy.Right, f func(*screens.Viewer)) func() screens.Screen {
		return func() screens.Screen {
			v := screens.NewViewer(screens.ViewerData{
				Sharer: p(), Rights: r, Offer: full, Picture: canvas.NewHorizontalGradient(wash(0x27), wash(0x6F)),
				Device: screens.Device{Name: "HLD-LT-0427", OS: "Windows 11", State: policy.StateNotCompliant},
				Chat:   talk(p(), "someone.s").Object,
			})
			v.SetFigures(ui.Figures{Stages: [5]float64{0.4, 1.2, 13.6, 0.9, 1.1}, PerSecond: 24, Exact: true})
			f(v)
			return screens.Screen{Object: v.Object, Focus: v.Focus, Size: fyne.NewSize(w, 600)}
		}
	}
	return []sample{
		{"14-bar-view", bar(noa, policy.View, false)},
		{"14-bar-control", bar(noa, full, false)},
		{"14-bar-long", bar(long, full, false)},
		{"14-bar-lost", bar(noa, full, true)},
		{"14-bar-unread", bar(noa, policy.View, false, func(b *screens.Bar) { b.SetUnread(2); b.SetDrawn(true) })},
		{"14-bar-drawn", bar(noa, full, false, func(b *screens.Bar) { b.SetDrawn(true) })},
		{"14-bar-paused", bar(noa, full, false, func(b *screens.Bar) { b.SetPaused(true) })},
		{"15-viewer-pen", viewer(1280, sam, policy.View, func(v *screens.Viewer) { v.SetTool(screens.ToolPen); v.SetUnread(1) })},
		{"17-viewer-chat", viewer(1280, sam, full, func(v *screens.Viewer) { v.SetChat(true); v.SetTool(screens.ToolLaser) })},
		{"17-viewer-chat-960", viewer(960, long, full, func(v *screens.Viewer) { v.SetChat(true) })},
		{"19-viewer-paused", viewer(1280, sam, full, func(v *screens.Viewer) { v.SetPaused(true) })},
		{"17-chat-sharer", func() screens.Screen {
			c := talk(noa(), "someone")
			return screens.Screen{Object: c.Object, Focus: c.Focus, Size: fyne.NewSize(screens.ChatWidth, screens.ChatHeight)}
		}},
		{"17-chat-empty", func() screens.Screen {
			c := screens.NewChat(screens.ChatData{Peer: noa(), Someone: "someone"})
			return screens.Screen{Object: c.Object, Focus: c.Focus, Size: fyne.NewSize(screens.ChatWidth, screens.ChatHeight)}
		}},
		{"15-viewer", viewer(1280, sam, policy.View, func(v *screens.Viewer) {})},
		{"15-viewer-asked", viewer(1280, sam, policy.View, func(v *screens.Viewer) { v.SetAsked(true) })},
		{"15-viewer-960", viewer(960, long, full, func(v *screens.Viewer) { v.OpenMeter() })},
		{"15-viewer-lost", viewer(1280, sam, full, func(v *screens.Viewer) { v.Lost(true, 6*time.Second) })},
	}
}

func wash(v uint8) color.Color { return color.NRGBA{R: v, G: v + 0x20, B: v + 0x30, A: 255} }

// talk is a chat with something in it.
func talk(p ui.Person, someone string) *screens.Chat {
	words := [...]string{
		"The printer says ‘offline’, but it is on.", "Thanks. I see it: the old driver is still chosen. I will point at it.",
		"Oh, that one! Shall I click it?", "Please. Then choose https://printers.halden.example/floor3/halden-3f-next-to-the-kitchen",
	}
	if ui.Language() == "nl" {
		words = [...]string{
			"De printer zegt ‘offline’, maar hij staat aan.", "Dank je. Ik zie het: de oude driver is nog gekozen. Ik wijs hem aan.",
			"O, die! Zal ik erop klikken?", "Graag. Kies daarna https://printers.halden.example/verdieping3/halden-3f-naast-de-keuken",
		}
	}
	c := screens.NewChat(screens.ChatData{Peer: p, Someone: someone})
	c.Theirs(words[0], at())
	c.Sent(c.Mine(words[1], at()))
	c.Theirs(words[2], at())
	c.Failed(c.Mine(words[3], at()))
	return c
}
