//go:build !linux

package desk

import (
	"image"

	"fyne.io/fyne/v2"
)

// Desk does nothing on this platform.
type Desk struct{}

// Open returns ErrUnsupported.
func Open() (*Desk, error) { return nil, ErrUnsupported }

// Close does nothing.
func (d *Desk) Close() {}

// Show shows w as Fyne does and returns ErrUnsupported.
func (d *Desk) Show(w fyne.Window, _ Kind) error {
	w.Show()
	return ErrUnsupported
}

// MonitorAtPointer returns ErrUnsupported.
func (d *Desk) MonitorAtPointer() (image.Rectangle, error) { return image.Rectangle{}, ErrUnsupported }

// Bounds is not known.
func (d *Desk) Bounds(fyne.Window) (image.Rectangle, bool) { return image.Rectangle{}, false }

// Origin is not known.
func (d *Desk) Origin(fyne.Window) (image.Point, bool) { return image.Point{}, false }

// Move returns ErrUnsupported.
func (d *Desk) Move(fyne.Window, image.Point) error { return ErrUnsupported }

// PlaceTopCentre returns ErrUnsupported.
func (d *Desk) PlaceTopCentre(fyne.Window) error { return ErrUnsupported }

// Below returns ErrUnsupported.
func (d *Desk) Below(fyne.Window, fyne.Window, int) error { return ErrUnsupported }

// Raise returns ErrUnsupported.
func (d *Desk) Raise(fyne.Window) error { return ErrUnsupported }

// Attention returns ErrUnsupported.
func (d *Desk) Attention(fyne.Window) error { return ErrUnsupported }

// Pointer is not known.
func (d *Desk) Pointer() (image.Point, bool) { return image.Point{}, false }
