package own

import (
	"image"

	"github.com/jezek/xgb/xproto"
)

// chain is a window and those around it, up to the top-level one.
func (w *Windows) chain(id xproto.Window) (chain []xproto.Window, err error) {
	for id != w.c.Root && id != 0 && len(chain) < 64 {
		chain = append(chain, id)
		t, err := xproto.QueryTree(w.c.Conn, id).Reply()
		if err != nil {
			return nil, err
		}
		id = t.Parent
	}
	return chain, nil
}

// FocusedIn says whether a key would reach a window of which something is in area, in desktop
// pixels. When the X server gives an error it is none.
func (w *Windows) FocusedIn(area image.Rectangle) bool {
	f, err := xproto.GetInputFocus(w.c.Conn).Reply()
	if err != nil {
		return false
	}
	if f.Focus == xproto.InputFocusNone || f.Focus == xproto.InputFocusPointerRoot || f.Focus == w.c.Root {
		p, err := xproto.QueryPointer(w.c.Conn, w.c.Root).Reply() // keys go to the window under the pointer, or to none
		return err == nil && image.Pt(int(p.RootX), int(p.RootY)).In(area)
	}
	chain, err := w.chain(f.Focus)
	if err != nil || len(chain) == 0 {
		return false
	}
	g, err := xproto.GetGeometry(w.c.Conn, xproto.Drawable(chain[len(chain)-1])).Reply()
	if err != nil {
		return false
	}
	at, b := image.Pt(int(g.X), int(g.Y)), 2*int(g.BorderWidth)
	return image.Rectangle{Min: at, Max: at.Add(image.Pt(int(g.Width)+b, int(g.Height)+b))}.Overlaps(area)
}
