package glass

import "github.com/go-gl/glfw/v3.3/glfw"

// SetPointing makes the pointer over the picture point instead of anything else, or not. It starts
// off, and does nothing to control: whoever turns it on turns that off.
func (g *Glass) SetPointing(on bool) {
	if g.pointing == on || on && g.closed {
		return
	}
	if !on && g.opt.Point != nil {
		x, y := g.mouse()
		g.opt.Point(g.tr.lay.fraction(x, y), false, false)
	}
	g.pointing, g.pressed = on, false
	g.repoint()
}

// pointTo tells where the pointer is.
func (g *Glass) pointTo(x, y float64, blocked bool) {
	if g.pointing && g.opt.Point != nil && !g.tr.lay.empty() {
		inside := !blocked && g.tr.lay.covers(x, y)
		g.opt.Point(g.tr.lay.fraction(x, y), g.pressed && inside, inside)
	}
}

// pointButton says whether the press or release was for pointing.
func (g *Glass) pointButton(b glfw.MouseButton, a glfw.Action, x, y float64) bool {
	if !g.pointing || b != glfw.MouseButtonLeft {
		return false
	}
	blocked := g.blocked(x, y)
	if a == glfw.Press && (blocked || !g.tr.lay.covers(x, y)) || a != glfw.Press && !g.pressed {
		return false
	}
	g.pressed = a == glfw.Press
	g.pointTo(x, y, blocked)
	return true
}
