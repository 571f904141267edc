package app

import (
	"testing"

	"fyne.io/fyne/v2"
)

// TestFit: no window is larger than its monitor, whose size may not be known.
func TestFit(t *testing.T) {
	r := newRig(t, Options{})
	scale := r.a.win.Canvas().Scale()
	for name, tt := range map[string]struct {
		w, h int
		ok   bool
		want fyne.Size
	}{
		"large":   {1920, 1080, true, fyne.NewSize(480, 740)},
		"low":     {1024, 640, true, fyne.NewSize(480, 640-windowFrame)},
		"narrow":  {320, 1080, true, fyne.NewSize(320, 740)},
		"unknown": {0, 0, false, fyne.NewSize(480, 740)},
	} {
		t.Run(name, func(t *testing.T) {
			r.a.svc.Room = func() (int, int, bool) { return int(float32(tt.w) * scale), int(float32(tt.h) * scale), tt.ok }
			if got := r.a.fit(fyne.NewSize(480, 740)); got != tt.want {
				t.Errorf("%v, want %v", got, tt.want)
			}
		})
	}
	r.a.svc.Room = nil
	if got := r.a.fit(fyne.NewSize(480, 740)); got != fyne.NewSize(480, 740) {
		t.Errorf("without a monitor: %v", got)
	}
}
