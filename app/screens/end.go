package screens

import (
	"strconv"
	"time"

	"fyne.io/fyne/v2"

	"beside/app/ui"
	"beside/policy"
)

// EndData is how a session went. Began is zero if it never started.
type EndData struct {
	Peer    ui.Person
	Device  string // helper's page only
	By      string // already in words: who ended it
	Began   time.Time
	Lasted  time.Duration
	Used    policy.Right
	OnDone  func()
	OnAgain func() // helper's page only
}

// minutes says a duration in whole minutes.
func minutes(d time.Duration) string {
	switch n := int((d + 30*time.Second) / time.Minute); n {
	case 0:
		return ui.T("e.min.less")
	case 1:
		return ui.T("e.min.one")
	default:
		return ui.T("e.min", ui.M{"n": strconv.Itoa(n)})
	}
}

func fromTo(d EndData) string {
	const clock = "15:04"
	a, b := d.Began.Format(clock), d.Began.Add(d.Lasted).Format(clock)
	if a == b {
		return a
	}
	return a + " – " + b
}

func used(r policy.Right) string {
	switch {
	case r.Has(policy.View | policy.Control):
		return ui.T("e.used.v")
	case r.Has(policy.Control):
		return ui.T("e.used.control")
	case r.Has(policy.View):
		return ui.T("e.used.view")
	}
	return ui.T("e.used.none")
}

func facts(kv ...string) fyne.CanvasObject {
	var rows []fyne.CanvasObject
	for i := 0; i+1 < len(kv); i += 2 {
		if len(rows) > 0 {
			rows = append(rows, ui.Rule())
		}
		rows = append(rows, ui.HStack(12, ui.Top, ui.Fixed(92, 0, ui.P(kv[i], ui.Body, ui.Text2)), ui.Flex(ui.P(kv[i+1], ui.Body, ui.Text1))))
	}
	return ui.Card(ui.VStack(10, rows...))
}

// EndSharer says first that nobody sees the screen any more.
func EndSharer(d EndData) Screen {
	b := ui.Btn(ui.Filled, "", "done", ui.T("done"), d.OnDone)
	lines := []fyne.CanvasObject{centredTitle("e.sharer.title"), ui.PC(ui.T("e.sharer.body"), ui.Lead, ui.Text2).ID("e.sharer.body")}
	if d.By != "" {
		lines = append(lines, ui.PC(d.By, ui.Body, ui.Text2).ID("e.by"))
	}
	o := ui.Frame(head(nil, 0), body(ui.Gap(1, 16), ui.StateIcon(ui.Good, "check"), ui.VStack(4, lines...),
		facts(ui.T("e.with"), d.Peer.FullName(ui.T("someone")), ui.T("e.time"), fromTo(d),
			ui.T("e.duration"), minutes(d.Lasted), ui.T("e.used"), used(d.Used))),
		ui.VStack(14, ui.Hint("life-buoy", ui.Text3, ui.T("e.wrong")), b))
	return Screen{Object: o, Focus: b, Escape: d.OnDone, Size: sizeStart.Max(fyne.NewSize(0, 620))}
}

// EndHelper says who ended it, how long it took and what was used.
func EndHelper(d EndData) Screen {
	again := ui.Btn(ui.Outline, "", "e.again", ui.T("e.again"), d.OnAgain)
	done := ui.Btn(ui.Filled, "", "done", ui.T("done"), d.OnDone)
	lines := []fyne.CanvasObject{title("e.helper.title", ui.M{"first": d.Peer.FirstName(ui.T("someone.s"))})}
	if d.By != "" {
		lines = append(lines, ui.P(d.By, ui.Body, ui.Text2).ID("e.by"))
	}
	dev := ui.Clean(d.Device)
	if dev == "" {
		dev = "–"
	}
	o := ui.Frame(head(nil, 0), body(ui.Gap(1, 8), ui.VStack(4, lines...),
		facts(ui.T("e.with"), d.Peer.FullName(ui.T("someone.s")), ui.T("e.device"), dev,
			ui.T("e.duration"), minutes(d.Lasted)+" · "+fromTo(d), ui.T("e.used"), used(d.Used))),
		two(again, done))
	return Screen{Object: o, Focus: done, Escape: d.OnDone, Size: fyne.NewSize(480, 600)}
}
