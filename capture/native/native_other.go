//go:build !linux

package native

import (
	"beside/capture"
	"beside/capture/shot"
)

// Options say which display to capture, where a platform has several.
type Options struct {
	Display string          // X11 only
	Moved   <-chan struct{} // X11 only
}

// New makes the platform's Backend; it fails only when it is used.
func New(Options) capture.Backend { return shot.New(shot.Options{}) }
