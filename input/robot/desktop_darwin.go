package robot

import (
	"fmt"
	"image"

	robotgo "github.com/go-vgo/robotgo/darwin"

	"beside/input"
)

// ready fails where robotgo found no CoreGraphics.
func ready() error {
	if w, _ := robotgo.GetScreenSize(); w == 0 {
		return fmt.Errorf("%w: no screen answers", input.ErrUnsupported)
	}
	return nil
}

func moveTo(p image.Point) {
	robotgo.MouseSleep = 0
	robotgo.Move(p.X, p.Y)
}

// at does not look: the system moves the pointer some time after it was asked to.
func at(image.Point) bool { return true }

func button(code uint8, down bool) error {
	name, ok := buttonNames[code]
	if !ok {
		return fmt.Errorf("%w: this machine has no such button", input.ErrRefused)
	}
	state := "up"
	if down {
		state = "down"
	}
	return robotgo.Toggle(name, state)
}

// scroll turns by detents; robotgo counts left and up as positive.
func scroll(x, y int) { robotgo.Scroll(-x, -y, 0) }

// key: robotgo's names are places here, those of an American keyboard.
func key(usage uint16, down bool) error {
	name, ok := keyNames[usage]
	if !ok {
		return fmt.Errorf("%w: this machine has no such key", input.ErrRefused)
	}
	state := "up"
	if down {
		state = "down"
	}
	return robotgo.KeyToggle(name, state)
}

func typeString(s string) {
	robotgo.KeySleep = 0
	robotgo.Type(s)
}

// keyNames are robotgo's names of HID usages.
var keyNames = map[uint16]string{
	0x04: "a", 0x05: "b", 0x06: "c", 0x07: "d", 0x08: "e", 0x09: "f", 0x0A: "g", 0x0B: "h", 0x0C: "i", 0x0D: "j",
	0x0E: "k", 0x0F: "l", 0x10: "m", 0x11: "n", 0x12: "o", 0x13: "p", 0x14: "q", 0x15: "r", 0x16: "s", 0x17: "t",
	0x18: "u", 0x19: "v", 0x1A: "w", 0x1B: "x", 0x1C: "y", 0x1D: "z",
	0x1E: "1", 0x1F: "2", 0x20: "3", 0x21: "4", 0x22: "5", 0x23: "6", 0x24: "7", 0x25: "8", 0x26: "9", 0x27: "0",
	0x28: "enter", 0x29: "esc", 0x2A: "backspace", 0x2B: "tab", 0x2C: "space", 0x2D: "-", 0x2E: "=", 0x2F: "[", 0x30: "]", 0x31: "\\",
	0x33: ";", 0x34: "'", 0x35: "`", 0x36: ",", 0x37: ".", 0x38: "/", 0x39: "capslock",
	0x3A: "f1", 0x3B: "f2", 0x3C: "f3", 0x3D: "f4", 0x3E: "f5", 0x3F: "f6", 0x40: "f7", 0x41: "f8", 0x42: "f9", 0x43: "f10", 0x44: "f11", 0x45: "f12",
	0x46: "f13", 0x47: "f14", 0x48: "f15", // print, scroll and pause are these places
	0x49: "insert", 0x4A: "home", 0x4B: "pageup", 0x4C: "delete", 0x4D: "end", 0x4E: "pagedown",
	0x4F: "right", 0x50: "left", 0x51: "down", 0x52: "up",
	0x53: "num_clear", 0x54: "num/", 0x55: "num*", 0x56: "num-", 0x57: "num+", 0x58: "num_enter",
	0x59: "num1", 0x5A: "num2", 0x5B: "num3", 0x5C: "num4", 0x5D: "num5", 0x5E: "num6", 0x5F: "num7", 0x60: "num8", 0x61: "num9", 0x62: "num0",
	0x63: "num.", 0x67: "num_equal",
	0x68: "f13", 0x69: "f14", 0x6A: "f15", 0x6B: "f16", 0x6C: "f17", 0x6D: "f18", 0x6E: "f19", 0x6F: "f20",
	0xE0: "ctrll", 0xE1: "shiftl", 0xE2: "altl", 0xE3: "cmdl", 0xE4: "ctrlr", 0xE5: "shiftr", 0xE6: "altr", 0xE7: "cmdr",
}
