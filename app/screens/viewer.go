package screens

import (
	"strconv"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"

	"beside/app/ui"
	"beside/policy"
)

// Sizes of the viewer.
var (
	ViewerSize  = fyne.NewSize(1280, 800)
	ViewerLeast = fyne.NewSize(960, 600)
)

// ToolbarHeight is that of the viewer's toolbar with its line.
const ToolbarHeight = 63

// ViewerData is the helper's window. Picture is where the sharer's screen is drawn.
type ViewerData struct {
	Sharer  ui.Person
	Device  Device
	Rights  policy.Right
	Offer   policy.Right // what the role allows, so whether control can be asked for
	Picture fyne.CanvasObject

	Chat fyne.CanvasObject // beside the picture while it is open; nil: there is none

	OnRequest  func() // ask for control
	OnCancel   func() // take the request back
	OnGiveBack func()
	OnFit      func(fit bool)
	OnFull     func()
	OnScreen   func(n int) // show one monitor, or 0: all
	OnEnd      func()
	OnChat     func()     // open or close it
	OnTool     func(Tool) // take it, or ToolNone: put it away
	OnClear    func()     // remove what the pen drew
	OnCopy     func(figures string)
	OnEdge     func() // full screen without toolbar: the pointer came to the top edge
	// OnFloat is called with everything that lies over the picture now, so that a native
	// picture can make room for it; may be nil.
	OnFloat func(over []Floating)
}

// Viewer is that window's content and what changes on it. Nothing in it moves by itself.
type Viewer struct {
	Object   fyne.CanvasObject
	Focus    fyne.Focusable
	data     ViewerData
	first    string
	bar      *toolbar
	stage    *fyne.Container
	pill     fyne.CanvasObject
	card     fyne.CanvasObject
	meter    *ui.MeterPanel
	open     bool // the meter's panel
	asked    bool
	fit      bool
	full     bool
	lost     bool
	paused   bool
	tool     Tool
	chat     bool // the panel is open
	unread   int
	figures  ui.Figures
	cardTxt  *ui.Words
	monitors Monitors
	menu     fyne.CanvasObject // of monitors, while it is open
	barRoom  *fyne.Container
	edge     *hoverStrip // full screen: the pointer resting at the top brings the toolbar
	below    *hoverStrip // and leaving it downwards hides it
}

// NewViewer makes it, fitted and not full screen.
func NewViewer(d ViewerData) *Viewer {
	v := &Viewer{data: d, first: d.Sharer.FirstName(ui.T("someone.s")), fit: true, figures: ui.Figures{Unknown: true}}
	v.meter = ui.NewMeterPanel(func(s string) { d.OnCopy(s) })
	v.meter.Set(v.figures)
	v.bar = newToolbar(v)
	v.stage = &fyne.Container{Layout: &stage{v: v}}
	v.barRoom = ui.VStack(0, v.bar.object, ui.Rule())
	v.edge = newHoverStrip(func() { d.OnEdge() })
	v.below = newHoverStrip(func() { v.SetBar(false) })
	v.edge.Hide()
	v.below.Hide()
	v.Object = &fyne.Container{Layout: viewerLayout{v}, Objects: []fyne.CanvasObject{
		ui.NewBox(ui.Stage, "", 0), v.stage, v.barRoom, v.edge, v.below,
	}}
	if d.Chat != nil {
		d.Chat.Hide()
		v.Object.(*fyne.Container).Add(d.Chat) //nolint:forcetypeassert // made above
	}
	v.Focus = v.bar.request
	v.restage()
	return v
}

// SetRights shows what the helper may do now.
func (v *Viewer) SetRights(r policy.Right) {
	v.data.Rights, v.asked = r, false
	v.bar.draw()
}

// SetAsked shows that control was asked for.
func (v *Viewer) SetAsked(on bool) {
	v.asked = on
	v.bar.draw()
	if on {
		v.Say(ui.Note, "clock", ui.T("v.asked", ui.M{"first": v.first}))
	} else {
		v.Hush()
	}
}

// SetFigures shows the meter's figures where they are to be seen: even what is hidden makes Fyne
// paint the whole window when it changes. Call it at most once a second.
func (v *Viewer) SetFigures(f ui.Figures) {
	f.Unknown = f.Unknown || v.lost || v.paused
	if f == v.figures {
		return
	}
	v.figures = f
	if v.BarShown() {
		v.bar.figures(f)
	}
	if v.open {
		v.meter.Set(f)
	}
}

// SetFit shows whether the picture is fitted or in its actual size.
func (v *Viewer) SetFit(fit bool) {
	v.fit = fit
	v.bar.draw()
}

// SetFull shows whether the window is full screen; the toolbar is then hidden until SetBar.
func (v *Viewer) SetFull(full bool) {
	v.full = full
	v.bar.draw()
	v.SetBar(!full)
}

// SetBar shows or hides the toolbar in full screen.
func (v *Viewer) SetBar(on bool) {
	show := on || !v.full
	visible(v.barRoom, show)
	if show {
		v.bar.figures(v.figures)
	}
	visible(v.edge, v.full && !show)
	visible(v.below, v.full && show)
	v.Object.Refresh()
	v.floats()
}

// ShowsFigures says whether the meter's figures are to be seen, in the toolbar or the panel.
func (v *Viewer) ShowsFigures() bool { return v.open || v.BarShown() }

// BarShown says whether the toolbar is to be seen.
func (v *Viewer) BarShown() bool { return v.barRoom.Visible() }

// Say puts a message over the picture until Hush or the next one.
func (v *Viewer) Say(t ui.Tone, icon, text string) {
	v.pill = ui.Pill(t, icon, text, nil)
	v.restage()
}

// Hush takes the message away.
func (v *Viewer) Hush() {
	if v.pill != nil {
		v.pill = nil
		v.restage()
	}
}

// Local says that the sharer is using the mouse, or no longer.
func (v *Viewer) Local(on bool) {
	if on {
		v.Say(ui.Neutral, "hand", ui.T("v.local", ui.M{"first": v.first}))
	} else {
		v.Hush()
	}
}

// Lost covers the picture while the connection is away, for that long now; 0 ends it.
func (v *Viewer) Lost(on bool, since time.Duration) {
	switch {
	case !on:
		v.lost, v.card, v.cardTxt = false, nil, nil
		if v.paused {
			v.card = v.pauseCard()
		}
	case !v.lost:
		v.lost, v.pill, v.menu = true, nil, nil
		v.figures = ui.Figures{Unknown: true}
		v.bar.figures(v.figures)
		v.meter.Set(v.figures)
		v.cardTxt = ui.PC(v.since(since), ui.Body, ui.Text2).ID("r.body")
		end := ui.BtnM(ui.Outline, "x", "r.end", ui.T("r.end"), v.data.OnEnd)
		v.card = ui.Over(ui.NewBox(ui.Surface, ui.Line, 0), ui.Pad(24, 24, 20, 24, ui.VStack(12,
			ui.StateIcon(ui.Warn, "wifi-off"), ui.PC(ui.T("r.title"), ui.Title, ui.Text1).ID("r.title"), v.cardTxt,
			ui.PC(ui.T("r.keep"), ui.Caption, ui.Text3), ui.Gap(1, 2), ui.Centre(end))))
	default:
		v.cardTxt.Set(v.since(since))
		return
	}
	v.bar.draw()
	v.restage()
}

func (v *Viewer) since(d time.Duration) string {
	n := int(d / time.Second)
	if n > 10 {
		n -= n % 5
	}
	if n < 2 {
		return ui.T("r.since.one")
	}
	return ui.T("r.body", ui.M{"n": strconv.Itoa(n)})
}

// ToggleMeter opens or closes the meter's panel.
func (v *Viewer) ToggleMeter() {
	v.open = !v.open
	if v.open {
		v.meter.Set(v.figures)
	}
	v.restage()
}

// Floating is an object that lies over the picture, and the radius of its corners, within which
// the picture is to be seen.
type Floating struct {
	Object fyne.CanvasObject
	Corner float32
}

func (v *Viewer) over() (over []Floating) {
	if v.pill != nil {
		over = append(over, Floating{v.pill, ui.PillCorner})
	}
	if v.open {
		over = append(over, Floating{v.meter.Object, ui.RadiusL})
	}
	if v.menu != nil {
		over = append(over, Floating{v.menu, ui.RadiusL})
	}
	if v.card != nil {
		over = append(over, Floating{v.card, 0})
	}
	return over
}

func (v *Viewer) restage() {
	v.stage.Objects = []fyne.CanvasObject{v.data.Picture}
	for _, f := range v.over() {
		v.stage.Objects = append(v.stage.Objects, f.Object)
	}
	v.stage.Refresh()
	v.floats()
}

func (v *Viewer) floats() {
	if v.data.OnFloat == nil {
		return
	}
	o := v.over()
	if v.full && v.barRoom.Visible() {
		o = append(o, Floating{v.barRoom, 0})
	}
	v.data.OnFloat(o)
}

// AtEdge says whether the pointer is still where it brings the toolbar.
func (v *Viewer) AtEdge() bool { return v.edge.in }

func visible(o fyne.CanvasObject, on bool) {
	if on {
		o.Show()
	} else {
		o.Hide()
	}
}

// hoverStrip is an invisible place that notices the pointer.
type hoverStrip struct {
	ui.Box
	entered func()
	in      bool
}

func newHoverStrip(entered func()) *hoverStrip {
	h := &hoverStrip{entered: entered}
	h.ExtendBaseWidget(h)
	return h
}

// MouseIn, MouseMoved and MouseOut follow the pointer.
func (h *hoverStrip) MouseIn(*desktop.MouseEvent)    { h.in = true; h.entered() }
func (h *hoverStrip) MouseMoved(*desktop.MouseEvent) {}
func (h *hoverStrip) MouseOut()                      { h.in = false }

// viewerLayout puts the toolbar above the picture, or over it in full screen.
type viewerLayout struct{ v *Viewer }

func (l viewerLayout) MinSize([]fyne.CanvasObject) fyne.Size {
	return fyne.NewSize(ViewerLeast.Width, 200)
}

func (l viewerLayout) Layout(o []fyne.CanvasObject, s fyne.Size) {
	top := float32(ToolbarHeight)
	if l.v.full {
		top = 0
	}
	picture := s.Width
	if l.v.chat && len(o) > 5 {
		picture -= ChatWidth
		head := float32(0)
		if l.v.barRoom.Visible() {
			head = ToolbarHeight
		}
		o[5].Move(fyne.NewPos(picture, head))
		o[5].Resize(fyne.NewSize(ChatWidth, max(0, s.Height-head)))
	}
	o[0].Resize(s)
	o[1].Move(fyne.NewPos(0, top))
	o[1].Resize(fyne.NewSize(picture, max(0, s.Height-top)))
	o[2].Move(fyne.NewPos(0, 0))
	o[2].Resize(fyne.NewSize(s.Width, ToolbarHeight))
	o[3].Move(fyne.NewPos(0, 0))
	o[3].Resize(fyne.NewSize(s.Width, 3))
	o[4].Move(fyne.NewPos(0, ToolbarHeight+8))
	o[4].Resize(fyne.NewSize(s.Width, 48))
}

// stage puts what lies over the picture at its place.
type stage struct{ v *Viewer }

func (l *stage) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.NewSize(100, 100) }

func (l *stage) Layout(o []fyne.CanvasObject, s fyne.Size) {
	for _, x := range o {
		switch x {
		case l.v.data.Picture:
			x.Move(fyne.NewPos(0, 0))
			x.Resize(s)
		case l.v.pill:
			w := min(x.MinSize().Width, s.Width-24)
			x.Move(fyne.NewPos((s.Width-w)/2, 12))
			x.Resize(fyne.NewSize(w, ui.HeightOf(x, w)))
		case l.v.meter.Object:
			x.Move(fyne.NewPos(s.Width-316-16, 6))
			x.Resize(fyne.NewSize(316, ui.HeightOf(x, 316)))
		case l.v.menu:
			x.Move(fyne.NewPos((s.Width-screensWidth)/2, 6))
			x.Resize(fyne.NewSize(screensWidth, ui.HeightOf(x, screensWidth)))
		case l.v.card:
			if l.v.paused && !l.v.lost {
				x.Move(fyne.NewPos(0, 0))
				x.Resize(s)
				continue
			}
			w := min(440, s.Width-24)
			h := ui.HeightOf(x, w)
			x.Move(fyne.NewPos((s.Width-w)/2, (s.Height-h)/2))
			x.Resize(fyne.NewSize(w, h))
		}
	}
}

// OpenMeter opens the meter's panel.
func (v *Viewer) OpenMeter() {
	if !v.open {
		v.ToggleMeter()
	}
}
