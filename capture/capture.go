package capture

import (
	"context"
	"errors"
	"image"

	"beside/frame"
)

// What a Source may answer, with errors.Is. Each tells the caller what to do next.
var (
	// ErrTemporary means keep calling Next.
	ErrTemporary = errors.New("capture: try again")
	// ErrDisplayGone means Close and open another display, or end.
	ErrDisplayGone = errors.New("capture: display is gone")
	// ErrNotAllowed means the person must permit capture in the system's settings.
	ErrNotAllowed = errors.New("capture: the system refused")
	// ErrNoDisplay means there is no screen to share at all.
	ErrNoDisplay = errors.New("capture: no display")
	// ErrUnsupported means this build cannot capture on this platform.
	ErrUnsupported = errors.New("capture: not on this platform")
)

// Display describes one monitor.
type Display struct {
	ID      string          // stable while the monitor stays connected; opaque; "" means the whole desktop
	Name    string          // for people; do not match on it
	Bounds  image.Rectangle // physical pixels, desktop coordinates
	Scale   float64         // physical pixels per logical pixel, 1 if unknown
	Primary bool
}

// A Source yields pictures of one display. Next must be called by one goroutine at
// a time, and Cursor by one goroutine at a time; the two may run concurrently, and
// Close may be called from anywhere.
type Source interface {
	// Next waits until the display differs from dst or ctx ends, then updates dst
	// in place: after a nil error dst is the whole current picture, and every pixel
	// that changed has been added to dst.Damage, confirmed by comparison where the
	// platform's damage is coarse. The consumer clears Damage when it has used it, so
	// damage adds up over pictures it skips. The first call, and one after the
	// display changed size, damages everything. On error dst is unchanged.
	Next(ctx context.Context, dst *frame.Frame) error
	// Cursor waits until the pointer moved or changed shape since the last call (the
	// first call answers at once) or ctx ends.
	Cursor(ctx context.Context) (frame.Cursor, error)
	// Close is idempotent and wakes Next and Cursor, which then return ErrDisplayGone.
	Close() error
}

// Backend opens Sources on one windowing system.
type Backend interface {
	// Displays lists the monitors, the primary first. ErrNoDisplay if there is none.
	Displays(ctx context.Context) ([]Display, error)
	// Open starts capturing one display by its ID; "" captures the whole desktop.
	Open(ctx context.Context, id string) (Source, error)
}
