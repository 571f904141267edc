//go:build dev

package app

import (
	"context"
	"encoding/json"
	"log/slog"
	"net"
	"os"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"beside/app/ui"
)

// mapEnv names the unix socket on which a development build tells a robot what is on the
// screen. Whoever connects gets one JSON document.
const mapEnv = "BESIDE_UI_MAP"

// Spot is one component that can be operated or read. Rect is in pixels of the screen.
type Spot struct {
	Window   string `json:"window"`
	ID       string `json:"id,omitempty"`
	Label    string `json:"label"`
	Role     string `json:"role"`
	Rect     [4]int `json:"rect"` // x, y, width, height
	Focused  bool   `json:"focused,omitempty"`
	Disabled bool   `json:"disabled,omitempty"`
}

// serveMap serves the map until ctx ends.
func serveMap(ctx context.Context, a *App) {
	path := os.Getenv(mapEnv)
	if path == "" {
		return
	}
	if err := os.Remove(path); err != nil && !os.IsNotExist(err) {
		slog.Error("ui map", "err", err)
		return
	}
	l, err := (&net.ListenConfig{}).Listen(ctx, "unix", path)
	if err != nil {
		slog.Error("ui map", "err", err)
		return
	}
	context.AfterFunc(ctx, func() { _ = l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			spots := make(chan []Spot, 1)
			a.do(func() { spots <- a.spots() })
			select {
			case s := <-spots:
				if err := json.NewEncoder(c).Encode(s); err != nil {
					slog.Debug("ui map", "err", err)
				}
			case <-ctx.Done():
			}
			_ = c.Close()
		}
	}()
}

// spots lists what every visible window of the app shows.
func (a *App) spots() []Spot {
	out := []Spot{}
	for _, w := range a.fyne.Driver().AllWindows() {
		if a.svc.WindowOrigin == nil {
			continue
		}
		x, y, ok := a.svc.WindowOrigin(w)
		if !ok {
			continue
		}
		scale := w.Canvas().Scale()
		px := func(v float32) int { return int(v*scale + 0.5) }
		walk(w.Content(), func(e ui.Element) {
			p, s, i := a.fyne.Driver().AbsolutePositionForObject(e), e.Size(), e.Info()
			out = append(out, Spot{
				Window: w.Title(), ID: i.ID, Label: i.Label, Role: i.Role, Focused: i.Focused, Disabled: i.Disabled,
				Rect: [4]int{x + px(p.X), y + px(p.Y), px(s.Width), px(s.Height)},
			})
		})
	}
	return out
}

// walk calls f for every visible element below o.
func walk(o fyne.CanvasObject, f func(ui.Element)) {
	if o == nil || !o.Visible() {
		return
	}
	if e, ok := o.(ui.Element); ok {
		f(e)
	}
	switch o := o.(type) {
	case *fyne.Container:
		for _, c := range o.Objects {
			walk(c, f)
		}
	case *container.Scroll:
		walk(o.Content, f)
	case ui.Parent:
		for _, c := range o.Children() {
			walk(c, f)
		}
	}
}
