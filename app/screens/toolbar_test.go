package screens

import (
	"fmt"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
	"fyne.io/fyne/v2/widget"

	"beside/app/ui"
	"beside/policy"
)

// TestToolbarFits: with everything that can be on it, nothing lies on anything else, from the least
// width of the window on.
func TestToolbarFits(t *testing.T) {
	test.NewTempApp(t)
	t.Cleanup(func() { _ = ui.SetLanguage("en") })
	for _, lang := range []string{"en", "nl"} {
		if err := ui.SetLanguage(lang); err != nil {
			t.Fatal(err)
		}
		for _, width := range []float32{ViewerLeast.Width, 1000, 1100, 1280, 1920} {
			t.Run(fmt.Sprint(lang, " ", width), func(t *testing.T) {
				v := NewViewer(ViewerData{
					Sharer: ui.Person{Name: "Wilhelmina Vos-van der Meer"}, Device: Device{Name: "HLD-LT-0427"},
					Rights: policy.View | policy.Control, Offer: policy.View | policy.Control,
					Picture: widget.NewLabel(""), Chat: widget.NewLabel(""), OnEdge: func() {},
				})
				v.SetMonitors(Monitors{All: true, List: []Monitor{{1, 1920, 1080}, {2, 1920, 1080}}})
				v.bar.object.Resize(fyne.NewSize(width, ToolbarHeight))
				end := func(o fyne.CanvasObject) float32 { return o.Position().X + max(o.Size().Width, o.MinSize().Width) }
				b := v.bar
				// Names are cut where they must be, so their own wish does not count.
				if e := b.left.Position().X + b.left.Size().Width; e > b.tools.Position().X {
					t.Errorf("the names end at %.0f, the tools begin at %.0f", e, b.tools.Position().X)
				}
				if e := end(b.tools); e > b.rightOf.Position().X {
					t.Errorf("the tools end at %.0f, the rest begins at %.0f", e, b.rightOf.Position().X)
				}
				if width >= 1100 && !b.fit.Visible() {
					t.Error("Fit is gone where there is room")
				}
			})
		}
	}
}
