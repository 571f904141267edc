package native

import (
	"beside/capture"
	"beside/capture/x11"
)

// Options say which display to capture, where a platform has several.
type Options struct {
	Display string // X11: ":0"; "" means $DISPLAY
	// Moved may say that the pointer has moved; it then need not be asked for as often.
	Moved <-chan struct{}
}

// New makes the platform's Backend; it fails only when it is used.
func New(o Options) capture.Backend { return x11.New(x11.Options{Display: o.Display, Moved: o.Moved}) }
