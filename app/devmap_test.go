//go:build dev

package app

import (
	"encoding/json"
	"net"
	"path/filepath"
	"testing"

	"fyne.io/fyne/v2"
)

func TestMapShowsWhatCanBePressed(t *testing.T) {
	sock := filepath.Join(t.TempDir(), "map")
	t.Setenv(mapEnv, sock)
	r := newRig(t, Options{})
	r.a.svc.WindowOrigin = func(fyne.Window) (int, int, bool) { return 100, 50, true }
	r.see("start.get")
	got := make(chan []Spot, 1)
	go func() {
		var s []Spot
		defer func() { got <- s; r.queue <- func() {} }()
		c, err := net.Dial("unix", sock)
		if err != nil {
			return
		}
		defer c.Close()
		_ = json.NewDecoder(c).Decode(&s)
	}()
	r.until("map", func() bool { return len(got) == 1 })
	for _, s := range <-got {
		if s.ID == "start.get" && s.Role == "button" && s.Label != "" && s.Rect[0] >= 100 && s.Rect[1] > 50 && s.Rect[2] > 200 && s.Rect[3] > 40 {
			return
		}
	}
	t.Error("the map does not show the first choice")
}
