package desk

import (
	"errors"
	"image"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver"
)

var (
	// ErrUnsupported means that this is not implemented on this platform.
	ErrUnsupported = errors.New("desk: not on this platform")
	// ErrNoWindow means that the window is not on the screen, or no longer.
	ErrNoWindow = errors.New("desk: no such window")
)

// Kind says how a window is to be shown.
type Kind uint8

// The kinds.
const (
	// Bar lies above every window, full screen ones too, on all desktops, in no task bar,
	// and never takes the keyboard. It should be made frameless.
	Bar Kind = iota
	// Prompt lies above other windows, on all desktops, and does not take the keyboard by
	// being shown: what somebody was typing must not answer it. It takes it when clicked.
	Prompt
)

// Handle is the native handle of a window on the screen: an X11 window, an HWND or an
// NSWindow. It must be called on the Fyne goroutine.
func Handle(w fyne.Window) (h uintptr, ok bool) {
	n, is := w.(driver.NativeWindow)
	if !is {
		return 0, false
	}
	n.RunNative(func(c any) {
		switch c := c.(type) {
		case driver.X11WindowContext:
			h = c.WindowHandle
		case driver.WindowsWindowContext:
			h = c.HWND
		case driver.MacWindowContext:
			h = c.NSWindow
		}
	})
	return h, h != 0
}

// Frameless makes a window without a frame, or with one where there are none without.
func Frameless(a fyne.App) fyne.Window {
	if d, ok := a.Driver().(interface{ CreateSplashWindow() fyne.Window }); ok {
		return d.CreateSplashWindow()
	}
	return a.NewWindow("")
}

// topCentre is where a window of that width lies at the top of a monitor, in its middle.
func topCentre(monitor image.Rectangle, width int) image.Point {
	return image.Pt(monitor.Min.X+max(0, (monitor.Dx()-width)/2), monitor.Min.Y)
}

// under is where a window of that size lies below bar, centred on it, within monitor.
func under(bar image.Rectangle, size image.Point, gap int, monitor image.Rectangle) image.Point {
	x := bar.Min.X + (bar.Dx()-size.X)/2
	return image.Pt(within(x, size.X, monitor.Min.X, monitor.Max.X), bar.Max.Y+gap)
}

// within moves x so that n pixels from it on lie between low and high, low first.
func within(x, n, low, high int) int { return max(low, min(x, high-n)) }

// at is the one of monitors in which p lies, or else the first.
func at(monitors []image.Rectangle, p image.Point) image.Rectangle {
	for _, m := range monitors {
		if p.In(m) {
			return m
		}
	}
	if len(monitors) > 0 {
		return monitors[0]
	}
	return image.Rectangle{}
}
