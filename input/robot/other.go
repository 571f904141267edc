//go:build !(linux && cgo) && !windows && !darwin

package robot

import (
	"errors"

	"beside/input"
)

// Robot is an input.Injector. There is none on this platform.
type Robot struct{}

var _ input.Injector = (*Robot)(nil)

// New returns input.ErrUnsupported.
func New(o Options) (*Robot, error) {
	if o.Area == nil {
		return nil, errors.New("robot: Options.Area is not set")
	}
	return nil, input.ErrUnsupported
}

// Close does nothing.
func (*Robot) Close() error { return nil }

// Inject returns input.ErrUnsupported.
func (*Robot) Inject(input.Event) error { return input.ErrUnsupported }
