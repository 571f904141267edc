package own

import (
	"image"

	"github.com/jezek/xgb/xproto"
)

// Shown are our windows on the screen with where they are, in desktop pixels: by the id of the
// top-level window, which is the window manager's frame where there is one.
func (w *Windows) Shown() (map[uint32]image.Rectangle, error) {
	tree, err := xproto.QueryTree(w.c.Conn, w.c.Root).Reply()
	if err != nil {
		return nil, err
	}
	type asked struct {
		attributes xproto.GetWindowAttributesCookie
		geometry   xproto.GetGeometryCookie
	}
	asks := make([]asked, len(tree.Children))
	for i, id := range tree.Children {
		asks[i] = asked{xproto.GetWindowAttributes(w.c.Conn, id), xproto.GetGeometry(w.c.Conn, xproto.Drawable(id))}
	}
	out := map[uint32]image.Rectangle{}
	for i, id := range tree.Children {
		a, errA := asks[i].attributes.Reply()
		g, errG := asks[i].geometry.Reply()
		if errA != nil || errG != nil { // it went away meanwhile
			continue
		}
		if a.MapState != xproto.MapStateViewable || a.Class == xproto.WindowClassInputOnly {
			continue
		}
		own, err := w.any([]xproto.Window{id})
		if err == nil && !own {
			own, err = w.frames(w.inside(id))
		}
		if err != nil {
			if _, gone := xproto.GetGeometry(w.c.Conn, xproto.Drawable(id)).Reply(); gone != nil {
				continue
			}
			own = true // it cannot be told, so it counts as ours
		}
		if own {
			b := 2 * int(g.BorderWidth)
			at := image.Pt(int(g.X), int(g.Y))
			out[uint32(id)] = image.Rectangle{Min: at, Max: at.Add(image.Pt(int(g.Width)+b, int(g.Height)+b))}
		}
	}
	return out, nil
}
