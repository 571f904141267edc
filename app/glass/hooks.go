package glass

import (
	"runtime"
	"strings"

	"github.com/go-gl/glfw/v3.3/glfw"
)

// hooks are our callbacks in front of Fyne's. Fyne's own events are rounded to its
// units, merged with its widgets' needs, and lose the release of a drag that leaves
// the window.
type hooks struct {
	win    *glfw.Window
	move   glfw.CursorPosCallback
	button glfw.MouseButtonCallback
	scroll glfw.ScrollCallback
	key    glfw.KeyCallback
	pump   *pump
}

// hook puts callbacks for g in front of those of its window.
func hook(g *Glass) *hooks {
	h := &hooks{win: g.raw}
	h.move = g.raw.SetCursorPosCallback(func(w *glfw.Window, x, y float64) {
		g.onMotion(x, y)
		if h.move != nil {
			h.move(w, x, y)
		}
	})
	h.button = g.raw.SetMouseButtonCallback(func(w *glfw.Window, b glfw.MouseButton, a glfw.Action, m glfw.ModifierKey) {
		if !g.onButton(b, a) && h.button != nil {
			h.button(w, b, a, m)
		}
	})
	h.scroll = g.raw.SetScrollCallback(func(w *glfw.Window, x, y float64) {
		if !g.onScroll(x, y) && h.scroll != nil {
			h.scroll(w, x, y)
		}
	})
	h.key = g.raw.SetKeyCallback(func(w *glfw.Window, k glfw.Key, scan int, a glfw.Action, m glfw.ModifierKey) {
		if !g.onKey(k, scan, a) && h.key != nil {
			h.key(w, k, scan, a, m)
		}
	})
	if g.pumps {
		h.pump = startPump()
	}
	return h
}

// remove gives the window its own callbacks back.
func (h *hooks) remove() {
	if h.pump != nil {
		h.pump.stop()
	}
	h.win.SetCursorPosCallback(h.move)
	h.win.SetMouseButtonCallback(func(w *glfw.Window, b glfw.MouseButton, a glfw.Action, m glfw.ModifierKey) {
		// GLFW lets go of a button that is down when a closing window loses the focus, and
		// Fyne falls over that.
		if h.button != nil && !w.ShouldClose() {
			h.button(w, b, a, m)
		}
	})
	h.win.SetScrollCallback(h.scroll)
	h.win.SetKeyCallback(h.key)
}

// painting is the window whose paint is going on. nil: none.
func painting() (w *glfw.Window) {
	defer func() {
		if recover() != nil { // GLFW is not up yet, or no longer
			w = nil
		}
	}()
	return glfw.GetCurrentContext()
}

// drawing says whether this call of Visible is the one in which the object is painted,
// in order with the others, rather than one of those that only walk the tree. It is to
// be called by what Visible calls.
func drawing() bool {
	var pc [1]uintptr
	// Skipped: Callers, drawing, painted, Visible.
	if runtime.Callers(4, pc[:]) == 0 {
		return false
	}
	f, _ := runtime.CallersFrames(pc[:]).Next()
	return strings.HasSuffix(f.Function, "painter).Paint")
}
