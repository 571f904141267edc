package session

import (
	"errors"
	"image"
	"sync/atomic"

	"beside/capture"
	"beside/input"
)

// captureError tells people what kind of thing went wrong with their screen.
func captureError(err error) error {
	code := ""
	switch {
	case errors.Is(err, capture.ErrNotAllowed):
		code = CodeNoPermission
	case errors.Is(err, capture.ErrNoDisplay), errors.Is(err, capture.ErrDisplayGone):
		code = CodeNoDisplay
	case errors.Is(err, capture.ErrUnsupported), errors.Is(err, input.ErrUnsupported):
		code = CodePlatform
	default:
		return err
	}
	return errors.Join(over(BySharer, code), err)
}

// sharedArea is where the shared picture lies on the desktop. It is safe for concurrent use.
type sharedArea struct {
	p atomic.Pointer[image.Rectangle]
}

func (a *sharedArea) get() image.Rectangle {
	if r := a.p.Load(); r != nil {
		return *r
	}
	return image.Rectangle{}
}
