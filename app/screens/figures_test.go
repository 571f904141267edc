package screens

import (
	"testing"

	"fyne.io/fyne/v2/test"
	"fyne.io/fyne/v2/widget"

	"beside/app/ui"
)

// TestHiddenFigures: a hidden toolbar is left alone, for its change would paint the whole window,
// and shows the latest figures once it is seen.
func TestHiddenFigures(t *testing.T) {
	test.NewTempApp(t)
	v := NewViewer(ViewerData{Picture: widget.NewLabel(""), OnEdge: func() {}})
	v.SetFull(true)
	before := v.bar.meter.Info().Label
	f := ui.Figures{Stages: [5]float64{1, 2, 3, 4, 5}}
	v.SetFigures(f)
	if got := v.bar.meter.Info().Label; got != before {
		t.Errorf("hidden, but says %q", got)
	}
	v.SetBar(true)
	if got := v.bar.meter.Info().Label; got != f.Short() {
		t.Errorf("shown, but says %q", got)
	}
}
