package robot

import (
	"fmt"
	"image"
	"unsafe"

	robotgo "github.com/go-vgo/robotgo/win"
	"github.com/tailscale/win"

	"beside/input"
)

func ready() error { return nil }

func moveTo(p image.Point) {
	robotgo.MouseSleep = 0
	robotgo.Move(p.X, p.Y)
}

// at allows for the rounding of a process that does not know the screen's scale.
func at(p image.Point) bool {
	x, y := robotgo.Location()
	return max(x-p.X, p.X-x, y-p.Y, p.Y-y) <= 1
}

// button: robotgo has no back and forward, and loses the errors of the others.
func button(code uint8, down bool) error {
	if name, ok := buttonNames[code]; ok {
		state := "up"
		if down {
			state = "down"
		}
		return robotgo.Toggle(name, state)
	}
	flags := uint32(win.MOUSEEVENTF_XUP)
	if down {
		flags = win.MOUSEEVENTF_XDOWN
	}
	in := win.MOUSE_INPUT{Type: win.INPUT_MOUSE, Mi: win.MOUSEINPUT{DwFlags: flags, MouseData: uint32(code) - 3}}
	return sent(win.SendInput(1, unsafe.Pointer(&in), int32(unsafe.Sizeof(in)))) //nolint:gosec // the system's own layout
}

// scroll turns by detents; robotgo counts left and up as positive.
func scroll(x, y int) { robotgo.Scroll(-x, -y, 0) }

// key is sent by scan code, the place on the keyboard: robotgo knows keys by what they are
// called in the layout in force.
func key(usage uint16, down bool) error {
	scan, ok := input.ScanFromUsage(usage)
	if !ok {
		return fmt.Errorf("%w: this machine has no such key", input.ErrRefused)
	}
	flags := uint32(win.KEYEVENTF_SCANCODE)
	if scan >= 0xE000 {
		flags |= win.KEYEVENTF_EXTENDEDKEY
	}
	if !down {
		flags |= win.KEYEVENTF_KEYUP
	}
	in := win.KEYBD_INPUT{Type: win.INPUT_KEYBOARD, Ki: win.KEYBDINPUT{WScan: scan & 0xff, DwFlags: flags}}
	return sent(win.SendInput(1, unsafe.Pointer(&in), int32(unsafe.Sizeof(in)))) //nolint:gosec // the system's own layout
}

func sent(n uint32) error {
	if n != 1 {
		return ErrLost
	}
	return nil
}

func typeString(s string) {
	robotgo.KeySleep = 0
	robotgo.Type(s)
}
