package ui

import (
	"slices"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
)

// TestPaintedStays: being laid out again in the same size makes no new objects, for each new one
// makes Fyne lay its widget out again, in the next frame and so on; a change of size or state does.
func TestPaintedStays(t *testing.T) {
	test.NewTempApp(t)
	b := Btn(Filled, "check", "ok", "Allow", nil)
	r := test.WidgetRenderer(b)
	size := fyne.NewSize(200, 48)
	b.Resize(size)
	first := r.Objects()
	if len(first) == 0 {
		t.Fatal("nothing is drawn")
	}
	r.Layout(size)
	if !slices.Equal(r.Objects(), first) {
		t.Error("the same size drew anew")
	}
	b.Refresh()
	if slices.Equal(r.Objects(), first) {
		t.Error("a refresh drew nothing new")
	}
	second := r.Objects()
	b.Resize(fyne.NewSize(240, 48))
	if slices.Equal(r.Objects(), second) {
		t.Error("another size drew nothing new")
	}
}
