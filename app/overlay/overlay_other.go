//go:build !linux

package overlay

import "image"

// Overlay draws nothing here.
type Overlay struct{}

// Open says that it cannot.
func Open(Options) (*Overlay, error) { return nil, ErrUnsupported }

// Laser says that it cannot.
func (*Overlay) Laser(image.Point, bool) error { return ErrUnsupported }

// Line says that it cannot.
func (*Overlay) Line([]image.Point) error { return ErrUnsupported }

// Clear says that it cannot.
func (*Overlay) Clear() error { return ErrUnsupported }

// Close does nothing.
func (*Overlay) Close() error { return nil }
