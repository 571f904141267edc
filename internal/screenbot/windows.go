package screenbot

import (
	"fmt"
	"image"

	"github.com/jezek/xgb/xproto"
)

// A Window is a visible top-level window.
type Window struct {
	ID    xproto.Window
	Title string
	Class string // second part of WM_CLASS
	PID   int    // 0 if it does not say
	Rect  image.Rectangle
}

// Windows lists the client windows that the window manager knows and shows.
func (b *Bot) Windows() ([]Window, error) {
	ids, err := b.property32(b.screen.Root, "_NET_CLIENT_LIST")
	if err != nil {
		return nil, err
	}
	var all []Window
	for _, id := range ids {
		w := xproto.Window(id)
		attr, err := xproto.GetWindowAttributes(b.conn, w).Reply()
		if err != nil || attr.MapState != xproto.MapStateViewable {
			continue // gone or hidden meanwhile
		}
		g, err := xproto.GetGeometry(b.conn, xproto.Drawable(w)).Reply()
		if err != nil {
			continue
		}
		at, err := xproto.TranslateCoordinates(b.conn, w, b.screen.Root, 0, 0).Reply()
		if err != nil {
			continue
		}
		win := Window{ID: w, Rect: image.Rect(0, 0, int(g.Width), int(g.Height)).Add(image.Pt(int(at.DstX), int(at.DstY)))}
		win.Title = b.text(w, "_NET_WM_NAME")
		if win.Title == "" {
			win.Title = b.text(w, "WM_NAME")
		}
		class := b.text(w, "WM_CLASS")
		for i := range len(class) {
			if class[i] == 0 {
				win.Class = trimZero(class[i+1:])
				break
			}
		}
		if pid, err := b.property32(w, "_NET_WM_PID"); err == nil && len(pid) == 1 {
			win.PID = int(pid[0])
		}
		all = append(all, win)
	}
	return all, nil
}

// Activate asks the window manager to raise a window and give it the focus.
func (b *Bot) Activate(w xproto.Window) error {
	atom, err := b.atom("_NET_ACTIVE_WINDOW")
	if err != nil {
		return err
	}
	return b.message(w, atom, 2, 0, 0) // 2: as a pager does
}

// Place asks the window manager to move a window's top left corner, and to resize it unless size is zero.
func (b *Bot) Place(w xproto.Window, at, size image.Point) error {
	mask := uint16(xproto.ConfigWindowX | xproto.ConfigWindowY)
	values := []uint32{uint32(at.X), uint32(at.Y)}
	if size != (image.Point{}) {
		mask |= xproto.ConfigWindowWidth | xproto.ConfigWindowHeight
		values = append(values, uint32(size.X), uint32(size.Y))
	}
	if err := xproto.ConfigureWindowChecked(b.conn, w, mask, values).Check(); err != nil {
		return fmt.Errorf("screenbot: place window: %w", err)
	}
	return nil
}

// CloseWindow asks a window to close, like its close button.
func (b *Bot) CloseWindow(w xproto.Window) error {
	atom, err := b.atom("_NET_CLOSE_WINDOW")
	if err != nil {
		return err
	}
	return b.message(w, atom, 0, 2, 0)
}

func (b *Bot) message(w xproto.Window, kind xproto.Atom, data ...uint32) error {
	for len(data) < 5 {
		data = append(data, 0)
	}
	ev := xproto.ClientMessageEvent{Format: 32, Window: w, Type: kind, Data: xproto.ClientMessageDataUnionData32New(data)}
	const mask = xproto.EventMaskSubstructureRedirect | xproto.EventMaskSubstructureNotify
	if err := xproto.SendEventChecked(b.conn, false, b.screen.Root, mask, string(ev.Bytes())).Check(); err != nil {
		return fmt.Errorf("screenbot: ask the window manager: %w", err)
	}
	return nil
}

func (b *Bot) atom(name string) (xproto.Atom, error) {
	if a, ok := b.atoms[name]; ok {
		return a, nil
	}
	r, err := xproto.InternAtom(b.conn, false, uint16(len(name)), name).Reply()
	if err != nil {
		return 0, fmt.Errorf("screenbot: atom %s: %w", name, err)
	}
	b.atoms[name] = r.Atom
	return r.Atom, nil
}

func (b *Bot) property(w xproto.Window, name string) (*xproto.GetPropertyReply, error) {
	a, err := b.atom(name)
	if err != nil {
		return nil, err
	}
	r, err := xproto.GetProperty(b.conn, false, w, a, xproto.GetPropertyTypeAny, 0, 4096).Reply()
	if err != nil {
		return nil, fmt.Errorf("screenbot: property %s: %w", name, err)
	}
	return r, nil
}

// text is a property as text, "" if there is none.
func (b *Bot) text(w xproto.Window, name string) string {
	r, err := b.property(w, name)
	if err != nil || r.Format != 8 {
		return ""
	}
	return trimEnd(string(r.Value))
}

func (b *Bot) property32(w xproto.Window, name string) ([]uint32, error) {
	r, err := b.property(w, name)
	if err != nil || r.Format != 32 {
		return nil, err
	}
	v := make([]uint32, 0, len(r.Value)/4)
	for i := 0; i+4 <= len(r.Value); i += 4 {
		v = append(v, uint32(r.Value[i])|uint32(r.Value[i+1])<<8|uint32(r.Value[i+2])<<16|uint32(r.Value[i+3])<<24)
	}
	return v, nil
}

// trimZero cuts at the first zero byte.
func trimZero(s string) string {
	for i := range len(s) {
		if s[i] == 0 {
			return s[:i]
		}
	}
	return s
}

// trimEnd drops zero bytes from the end.
func trimEnd(s string) string {
	for len(s) > 0 && s[len(s)-1] == 0 {
		s = s[:len(s)-1]
	}
	return s
}

// Managed returns nil once a window manager runs on the display.
func (b *Bot) Managed() error {
	v, err := b.property32(b.screen.Root, "_NET_SUPPORTING_WM_CHECK")
	if err != nil {
		return err
	}
	if len(v) == 0 {
		return fmt.Errorf("%w: a window manager", ErrNotThere)
	}
	return nil
}

// Background paints the empty desktop in a colour, 0xRRGGBB.
func (b *Bot) Background(colour uint32) error {
	if err := xproto.ChangeWindowAttributesChecked(b.conn, b.screen.Root, xproto.CwBackPixel, []uint32{colour}).Check(); err != nil {
		return fmt.Errorf("screenbot: background: %w", err)
	}
	if err := xproto.ClearAreaChecked(b.conn, false, b.screen.Root, 0, 0, 0, 0).Check(); err != nil {
		return fmt.Errorf("screenbot: background: %w", err)
	}
	return nil
}
