package glass

import "image"

// openX connects to the X server for child windows. nil: it cannot be used.
func openX(opt Options, shared bool) childMaker {
	x, err := openServer(shared)
	if err != nil {
		opt.Log.Warn("remote picture: no child windows", "err", err)
		return nil
	}
	return &xMaker{x}
}

type xMaker struct{ x *xserver }

func (m *xMaker) alloc(size image.Point) *buffer { return m.x.alloc(size) }

func (m *xMaker) child(g *Glass, window uint32) (surface, error) {
	c, err := newChild(m.x, window, rgb(g.opt.Stage), g.spent)
	if err != nil {
		return nil, err // not *child(nil), which would be a surface
	}
	return c, nil
}

func (m *xMaker) close() { m.x.close() }
