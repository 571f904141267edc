package desk

import (
	"encoding/binary"
	"fmt"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"github.com/go-gl/glfw/v3.3/glfw"
	"github.com/jezek/xgb/xproto"
)

// Show shows w for the first time, as a window of that kind; w has its content and its
// size, and must not have been shown before. A Bar is put at the top of the monitor the
// pointer is on.
func (d *Desk) Show(w fyne.Window, k Kind) error {
	if d == nil {
		w.Show()
		return ErrUnsupported
	}
	// What the window manager must know it has to know before the window appears. Fyne
	// makes and shows a window in one go, but sizes its content in between.
	content := w.Content()
	var err error
	done := false
	early := &early{of: content, sized: func() {
		if id, e := d.window(w); e == nil && !done {
			done = true
			err = d.prepare(id, k)
		}
	}}
	w.SetContent(container.New(early, content))
	if glfwUp() {
		glfw.WindowHint(glfw.FocusOnShow, glfw.False)
		defer glfw.WindowHint(glfw.FocusOnShow, glfw.True) // hints last, and Fyne sets not all
	}
	w.Show()
	id, e := d.window(w)
	if e != nil {
		return e
	}
	if !done {
		err = d.prepare(id, k)
	}
	if err != nil {
		return err
	}
	d.keep(id)
	if k == Bar {
		d.raise(id)
		return d.PlaceTopCentre(w)
	}
	return nil
}

// glfwUp says whether hints can be set: not before the application runs.
func glfwUp() (up bool) {
	defer func() { up = recover() == nil }()
	_ = glfw.GetPrimaryMonitor()
	return true
}

// early is a layout that gives its one object all room and tells that it was sized.
type early struct {
	of    fyne.CanvasObject
	sized func()
}

// MinSize implements fyne.Layout.
func (e *early) MinSize([]fyne.CanvasObject) fyne.Size {
	e.sized()
	return e.of.MinSize()
}

// Layout implements fyne.Layout.
func (e *early) Layout(_ []fyne.CanvasObject, s fyne.Size) {
	e.sized()
	e.of.Move(fyne.Position{})
	e.of.Resize(s)
}

// prepare tells the window manager what it must know before a window appears.
func (d *Desk) prepare(id xproto.Window, k Kind) error {
	mask, vals := uint32(xproto.CwEventMask), []uint32{xproto.EventMaskVisibilityChange | xproto.EventMaskStructureNotify}
	states := []string{"_NET_WM_STATE_ABOVE", "_NET_WM_STATE_STICKY"}
	kind := "_NET_WM_WINDOW_TYPE_DIALOG"
	if k == Bar {
		// Out of the window manager's hands: it puts full screen windows above everything
		// that it manages.
		mask, vals = mask|xproto.CwOverrideRedirect, []uint32{1, vals[0]}
		states = append(states, "_NET_WM_STATE_SKIP_TASKBAR", "_NET_WM_STATE_SKIP_PAGER")
		kind = "_NET_WM_WINDOW_TYPE_DOCK"
	}
	if err := xproto.ChangeWindowAttributesChecked(d.c, id, mask, vals).Check(); err != nil {
		return fmt.Errorf("%w: preparing: %w", ErrNoWindow, err)
	}
	var list []uint32
	for _, s := range states {
		list = append(list, uint32(d.atom(s)))
	}
	const allDesktops, never, inputHint = 0xFFFFFFFF, 0, 1
	for _, p := range []struct {
		name string
		of   xproto.Atom
		v    []uint32
	}{
		{"_NET_WM_STATE", xproto.AtomAtom, list},
		{"_NET_WM_WINDOW_TYPE", xproto.AtomAtom, []uint32{uint32(d.atom(kind))}},
		{"_NET_WM_DESKTOP", xproto.AtomCardinal, []uint32{allDesktops}},
		{"_NET_WM_USER_TIME", xproto.AtomCardinal, []uint32{never}}, // do not focus by showing
	} {
		if err := d.set(id, d.atom(p.name), p.of, p.v); err != nil {
			return err
		}
	}
	if k == Bar { // WM_HINTS: no input
		return d.set(id, xproto.AtomWmHints, xproto.AtomWmHints, []uint32{inputHint, 0, 0, 0, 0, 0, 0, 0, 0})
	}
	return nil
}

// set gives a window a property of 32 bit numbers.
func (d *Desk) set(id xproto.Window, name, of xproto.Atom, v []uint32) error {
	var b []byte
	for _, n := range v {
		b = binary.LittleEndian.AppendUint32(b, n)
	}
	err := xproto.ChangePropertyChecked(d.c, xproto.PropModeReplace, id, name, of, 32, uint32(len(v)), b).Check()
	if err != nil {
		return fmt.Errorf("%w: preparing: %w", ErrNoWindow, err)
	}
	return nil
}
