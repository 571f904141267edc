package session

import (
	"fmt"
	"image"

	"beside/input"
)

// focusPlace is what an input.Windows may also be: it says whether keys would reach a window of which
// something is in area, in desktop coordinates.
type focusPlace interface {
	FocusedIn(area image.Rectangle) bool
}

// inside is a filter that keeps keys from windows on monitors that the person does not share: nobody
// shall type where he cannot see. Where something is pressed is always inside. Releases pass.
func (s *Sharer) inside(next input.Injector, at focusPlace) input.Injector {
	return input.InjectorFunc(func(e input.Event) error {
		typed := false
		switch e := e.(type) {
		case input.Key:
			typed = e.Down
		case input.Text:
			typed = true
		}
		if typed && s.monitors.limited() && !at.FocusedIn(s.area.get()) {
			return fmt.Errorf("%w: the keyboard is on a monitor that is not shared", input.ErrRefused)
		}
		return next.Inject(e)
	})
}
