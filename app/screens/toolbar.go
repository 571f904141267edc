package screens

import (
	"fyne.io/fyne/v2"

	"beside/app/ui"
	"beside/policy"
)

// toolbar is the viewer's: who, device and right on the left, tools in the middle, the
// picture's state, the meter and End on the right.
type toolbar struct {
	v                           *Viewer
	object                      *fyne.Container
	name, device                *ui.Words
	right                       *ui.Chip
	request, fit, full          *ui.Button
	laser, pen, chat, screens   *ui.Button
	all                         []*ui.Button
	badge                       *ui.Chip
	meter                       *ui.MeterChip
	left, names, tools, rightOf *fyne.Container
	devName                     string
}

func newToolbar(v *Viewer) *toolbar {
	d := v.data
	t := &toolbar{v: v}
	l := labelOf(d.Device.State)
	shield := map[ui.Tone]fyne.ThemeColorName{ui.Good: ui.Success, ui.Bad: ui.Danger, ui.Warn: ui.Warning}[l.tone]
	if shield == "" {
		shield = ui.Text3
	}
	t.devName = ui.Clean(d.Device.Name)
	t.name = ui.L(d.Sharer.FullName(ui.T("someone.s")), ui.BodyB, ui.Text1).ID("viewer.name")
	t.device = ui.L(t.devName, ui.Caption, ui.Text3).ID("viewer.device")
	t.right = ui.NewChip(ui.Note, "eye", "viewer.right", ui.T("v.viewing")).Steady(ui.T("v.viewing"), ui.T("v.control"))
	t.request = ui.Tool("mouse-pointer-2", "v.request", ui.T("v.request"), t.press)
	t.fit = ui.Tool("monitor", "v.actual", ui.T("v.actual"), func() { d.OnFit(!v.fit) })
	t.full = ui.Tool("fullscreen", "v.full", ui.T("v.full"), d.OnFull)
	t.laser = ui.Tool("pointer", "v.laser", ui.T("v.laser"), t.pressLaser)
	t.pen = ui.Tool("pencil", "v.pen", ui.T("v.pen"), func() { t.take(ToolPen) })
	t.screens = ui.Tool("layout-grid", "v.screens", ui.T("v.screens"), v.ToggleScreens)
	t.chat = ui.Tool("message-square", "chat", ui.T("chat"), func() { d.OnChat() })
	t.badge = ui.NewChip(ui.Neutral, "ellipsis", "viewer.badge", ui.T("v.refining")).Steady(ui.T("v.exact"), ui.T("v.refining"), ui.T("bar.paused"))
	t.meter = ui.NewMeterChip(v.ToggleMeter)
	end := ui.BtnM(ui.Danger1, "x", "v.end", ui.T("v.end"), d.OnEnd)
	t.all = []*ui.Button{t.request, t.laser, t.pen, t.screens, t.fit, t.full, t.chat}
	visible(t.chat, d.Chat != nil)
	for _, b := range t.all {
		b.Hint = t.hint
	}
	t.names = ui.VStack(0, t.name, ui.HStack(4, ui.Middle, ui.Icon(l.icon, shield, 13), ui.Flex(t.device)))
	t.left = ui.HStack(10, ui.Middle, d.Sharer.Avatar(34), ui.Flex(t.names), t.right)
	t.tools = ui.HStack(2, ui.Middle, t.request, ui.Gap(4, 1), ui.Stripe(32), ui.Gap(4, 1), t.laser, t.pen,
		ui.Gap(4, 1), ui.Stripe(32), ui.Gap(4, 1), t.screens, t.fit, t.full, t.chat)
	t.rightOf = ui.HStack(10, ui.Middle, t.badge, t.meter, end)
	t.object = &fyne.Container{Layout: t, Objects: []fyne.CanvasObject{ui.NewBox(ui.Surface, "", 0), t.left, t.tools, t.rightOf}}
	t.draw()
	return t
}

func (t *toolbar) press() {
	switch {
	case t.v.asked:
		t.v.data.OnCancel()
	case t.v.data.Rights.Has(policy.Control):
		t.v.data.OnGiveBack()
	default:
		t.v.data.OnRequest()
	}
}

// hint says what an icon means in the line under the name: Fyne has no tooltips.
func (t *toolbar) hint(s string) {
	if s == "" {
		s = t.devName
	}
	t.device.Set(s)
}

// draw shows the state; it draws only what differs.
func (t *toolbar) draw() {
	v := t.v
	control := v.data.Rights.Has(policy.Control)
	set := func(b *ui.Button, icon, key string) {
		b.SetText(icon, ui.T(key))
		b.SetID(key)
	}
	switch {
	case v.asked:
		set(t.request, "x", "cancel")
	case control:
		set(t.request, "undo-2", "v.giveback")
	default:
		set(t.request, "mouse-pointer-2", "v.request")
	}
	t.request.SetDisabled(v.lost || v.paused || !control && !v.data.Offer.Has(policy.Control))
	if control {
		t.right.Set(ui.Warn, "mouse-pointer-2", ui.T("v.control"))
	} else {
		t.right.Set(ui.Note, "eye", ui.T("v.viewing"))
	}
	if v.fit {
		set(t.fit, "monitor", "v.actual")
	} else {
		set(t.fit, "maximize", "v.fit")
	}
	if v.full {
		set(t.full, "fullscreen", "v.leavefull")
	} else {
		set(t.full, "fullscreen", "v.full")
	}
	t.drawTools(set)
	t.figures(v.figures)
	t.object.Refresh()
}

// pressLaser takes the laser; while the pen is in the hand the same place clears.
func (t *toolbar) pressLaser() {
	if t.v.tool == ToolPen {
		t.v.data.OnClear()
		return
	}
	t.take(ToolLaser)
}

// take takes a tool into the hand, or puts it away when it is there.
func (t *toolbar) take(tool Tool) {
	if t.v.tool == tool {
		tool = ToolNone
	}
	t.v.data.OnTool(tool)
}

func (t *toolbar) drawTools(set func(b *ui.Button, icon, key string)) {
	v := t.v
	chosen := func(b *ui.Button, on bool) {
		if on {
			b.SetKind(ui.Soft)
		} else {
			b.SetKind(ui.Quiet)
		}
	}
	if v.tool == ToolPen {
		set(t.laser, "x", "v.clear")
	} else {
		set(t.laser, "pointer", "v.laser")
	}
	chosen(t.laser, v.tool == ToolLaser)
	chosen(t.pen, v.tool == ToolPen)
	chosen(t.chat, v.chat)
	chosen(t.screens, v.menu != nil)
	visible(t.screens, v.monitors.several())
	t.screens.SetDisabled(v.lost || v.paused)
	for _, b := range []*ui.Button{t.laser, t.pen} {
		b.SetDisabled(v.lost || v.paused)
	}
	t.chat.SetBadge(v.unread)
}

func (t *toolbar) figures(f ui.Figures) {
	t.meter.Set(f)
	switch {
	case t.v.lost:
		t.badge.Set(ui.Warn, "wifi-off", ui.T("bar.lost"))
		t.object.Refresh()
	case t.v.paused:
		t.badge.Set(ui.Neutral, "pause", ui.T("bar.paused"))
	case f.Exact:
		t.badge.Set(ui.Good, "badge-check", ui.T("v.exact"))
	default:
		t.badge.Set(ui.Neutral, "ellipsis", ui.T("v.refining"))
	}
}

const toolbarSide, toolbarGap = 14, 16

// bare takes the words under the icons away: in a window so narrow that they would
// squeeze the names out.
func (t *toolbar) bare(on bool) {
	for _, b := range t.all {
		b.SetBare(on)
	}
}

// showFit takes Fit away where even the bare icons do not fit: it has a key, and the window can be
// made larger.
func (t *toolbar) showFit(on bool) {
	if t.fit.Visible() != on {
		visible(t.fit, on)
	}
}

// MinSize is for fyne.Layout.
func (t *toolbar) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.NewSize(600, 62) }

// HeightFor is the toolbar's height at any width.
func (t *toolbar) HeightFor([]fyne.CanvasObject, float32) float32 { return 62 }

// Layout is for fyne.Layout: the tools stand in the middle where they can, names give way
// first, then the words under the icons.
func (t *toolbar) Layout(o []fyne.CanvasObject, s fyne.Size) {
	put := func(x fyne.CanvasObject, x0, w float32) {
		x.Move(fyne.NewPos(x0, 5))
		x.Resize(fyne.NewSize(w, 52))
	}
	o[0].Resize(s)
	names := min(t.names.MinSize().Width+2, 260)
	fixedLeft := 34 + 10 + 10 + t.right.MinSize().Width
	right := t.rightOf.MinSize().Width
	t.bare(false)
	t.showFit(true)
	room := s.Width - 2*toolbarSide - 2*toolbarGap - right - fixedLeft
	if room-t.tools.MinSize().Width < min(names, 120) {
		t.bare(true)
		t.showFit(room-t.tools.MinSize().Width >= 60)
	}
	tools := t.tools.MinSize().Width
	names = max(60, min(names, room-tools))
	left := fixedLeft + names
	put(t.left, toolbarSide, left)
	put(t.rightOf, s.Width-toolbarSide-right, right)
	lo, hi := toolbarSide+left+toolbarGap, s.Width-toolbarSide-right-toolbarGap-tools
	put(t.tools, max(lo, min((s.Width-tools)/2, hi)), tools)
}
