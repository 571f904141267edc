package screens

import (
	"slices"
	"strconv"

	"fyne.io/fyne/v2"

	"beside/app/ui"
)

// Monitor is one of the sharer's monitors: it has a number for both people, and no name.
type Monitor struct{ N, W, H int }

// Monitors is what there is, what is chosen, 0 for all, and whether all can be.
type Monitors struct {
	List   []Monitor
	Chosen int
	All    bool
}

// several says whether there is anything to choose: also when the one that was chosen is gone.
func (m Monitors) several() bool { return len(m.List) > 1 || m.All && m.Chosen != 0 }

// monitorChoice offers all of them and each: one is the key of the words for that. OnPick gets the
// number, 0 for all.
func monitorChoice(m Monitors, one string, onPick func(n int)) *ui.ModeGroup {
	var modes []ui.Mode
	var numbers []int
	chosen := -1
	add := func(n int, icon, title string) {
		if n == m.Chosen {
			chosen = len(modes)
		}
		modes = append(modes, ui.Mode{Icon: icon, ID: "screen." + strconv.Itoa(n), Title: title})
		numbers = append(numbers, n)
	}
	if m.All {
		add(0, "layout-grid", ui.T("ask.all", ui.M{"n": strconv.Itoa(len(m.List))}))
	}
	for _, d := range m.List {
		add(d.N, "monitor", ui.T(one, ui.M{"n": strconv.Itoa(d.N)})+" · "+strconv.Itoa(d.W)+" × "+strconv.Itoa(d.H))
	}
	g := ui.NewModeGroup(modes...)
	if g.Choose(chosen); chosen < 0 {
		g.Unchoose() // it is not connected
	}
	g.OnChanged = func(i int) { onPick(numbers[i]) }
	return g
}

// LimitWidth is the width of NewLimit.
const LimitWidth = 340

// NewLimit is the sharer's choice of what is shared, for its own window under the bar.
func NewLimit(m Monitors, onPick func(n int), onClose func()) Screen {
	g := monitorChoice(m, "ask.one", onPick)
	head := ui.HStack(8, ui.Middle, ui.Flex(ui.L(ui.T("ask.which"), ui.BodyB, ui.Text1).ID("ask.which")), ui.IconBtn("x", "limit.close", ui.T("close"), onClose))
	o := ui.Over(ui.NewBox(ui.Bg, ui.LineStrong, 0), ui.Pad(10, 14, 16, 14, ui.VStack(8, append([]fyne.CanvasObject{head}, g.Cards()...)...)))
	s := Screen{Size: fyne.NewSize(LimitWidth, ui.HeightOf(o, LimitWidth)), Escape: onClose}
	s.Object = ui.Fixed(s.Size.Width, s.Size.Height, o)
	s.Focus, _ = g.Cards()[max(0, g.Chosen())].(fyne.Focusable)
	return s
}

// screensWidth is the width of the helper's menu.
const screensWidth = 300

// SetMonitors shows which monitors there are and which is shown.
func (v *Viewer) SetMonitors(m Monitors) {
	v.monitors = m
	if !m.several() {
		v.menu = nil
	} else if v.menu != nil {
		v.menu = v.screensMenu()
	}
	v.bar.draw()
	v.restage()
}

// ToggleScreens opens or closes the menu of monitors, where there is something to choose.
func (v *Viewer) ToggleScreens() {
	switch {
	case v.menu != nil:
		v.menu = nil
	case v.monitors.several() && !v.lost && !v.paused:
		v.menu = v.screensMenu()
	}
	v.bar.draw()
	v.restage()
}

// CloseScreens closes that menu and says whether it was open.
func (v *Viewer) CloseScreens() bool {
	if v.menu == nil {
		return false
	}
	v.ToggleScreens()
	return true
}

// NextScreen asks for the monitor after the one that is shown; after the last comes the first.
func (v *Viewer) NextScreen() {
	m := v.monitors
	if !m.several() || v.lost || v.paused {
		return
	}
	at := slices.IndexFunc(m.List, func(d Monitor) bool { return d.N == m.Chosen }) // -1 before the first
	v.data.OnScreen(m.List[(at+1)%len(m.List)].N)
}

func (v *Viewer) screensMenu() fyne.CanvasObject {
	g := monitorChoice(v.monitors, "v.screen", func(n int) {
		v.CloseScreens()
		v.data.OnScreen(n)
	})
	next := ui.BtnM(ui.Quiet, "arrow-right", "v.next", ui.T("v.next")+" · N", v.NextScreen)
	rows := append(g.Cards(), next)
	return ui.Fixed(screensWidth, 0, ui.Over(ui.NewBox(ui.Surface, ui.LineStrong, ui.RadiusL), ui.Pad(10, 10, 10, 10, ui.VStack(8, rows...))))
}
