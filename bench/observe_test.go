package main

import (
	"os"
	"testing"
	"time"

	"beside/internal/xvfb"
)

// TestOneDisplay looks at the display it draws on: a product that is always right, at once.
func TestOneDisplay(t *testing.T) {
	s := &scene{place: &place{device: "lo"}}
	s.sharer = xvfb.Start(t, "1920x1080")
	s.helper = s.sharer
	run := &running{product: beside, sharer: os.Getpid(), helper: os.Getpid()}
	v, err := s.look(run)
	if err != nil {
		t.Fatal(err)
	}
	defer v.close()
	if times, err := v.latency(t.Context(), 3, patchAt); err != nil || len(times) != 3 || times[0] >= ms(patience) {
		t.Errorf("latency = %v, %v", times, err)
	}
	if times, err := v.pages(t.Context(), 2, 1); err != nil || len(times) != 2 || times[1] >= ms(waitLimit) {
		t.Errorf("pages = %v, %v", times, err)
	}
	for _, kind := range []string{typing, video} {
		r, err := v.load(t.Context(), kind, 1)
		if err != nil {
			t.Fatalf("%s: %v", kind, err)
		}
		m := r.seen.match(r.made)
		if m.seen < 5 || len(m.ages) != m.seen || r.exact >= ms(waitLimit) {
			t.Errorf("%s: %d of %d pictures seen, exact after %v ms", kind, m.seen, len(r.made)-1, r.exact)
		}
		for _, db := range r.decibels() {
			if db != exactPSNR {
				t.Errorf("%s: %v dB from itself", kind, db)
			}
		}
	}
	tab, err := v.altTab(t.Context(), 2)
	if err != nil || tab.once != 2 {
		t.Errorf("altTab = %+v, %v", tab, err)
	}
	rec, err := v.record(t.Context(), pageRect, 3*time.Second, func() error { // long enough for a machine that is busy
		_, err := v.pages(t.Context(), 1, 9)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if got := rec.lag(); got.changes == 0 || !(got.still < 1000) {
		t.Errorf("lag: %d changes, still after %v ms", got.changes, got.still)
	}
}

// TestNothingShown gives up on a helper's display that shows nothing of the sharer's.
func TestNothingShown(t *testing.T) {
	s := &scene{place: &place{device: "lo"}, sharer: xvfb.Start(t, "1920x1080"), helper: xvfb.Start(t, "1920x1080")}
	v, err := s.look(&running{})
	if err != nil {
		t.Fatal(err)
	}
	defer v.close()
	c, err := v.src.newCanvas(patchAt, false)
	if err != nil {
		t.Fatal(err)
	}
	c.fill(c.all(), 0xffffff)
	v.src.sync()
	if _, err := v.settle(t.Context(), patchAt, 50*time.Millisecond); err == nil {
		t.Error("two different displays are the same")
	}
}
