//go:build !linux

package glass

import "github.com/go-gl/glfw/v3.3/glfw"

// usage is the HID usage of a key, 0 for none. GLFW's keys are places on a keyboard,
// named after the US layout, as HID's are.
func usage(k glfw.Key, _ int) uint16 {
	switch {
	case k >= glfw.KeyA && k <= glfw.KeyZ:
		return uint16(0x04 + k - glfw.KeyA)
	case k >= glfw.Key1 && k <= glfw.Key9:
		return uint16(0x1E + k - glfw.Key1)
	case k >= glfw.KeyF1 && k <= glfw.KeyF12:
		return uint16(0x3A + k - glfw.KeyF1)
	case k >= glfw.KeyF13 && k <= glfw.KeyF24:
		return uint16(0x68 + k - glfw.KeyF13)
	case k >= glfw.KeyKP1 && k <= glfw.KeyKP9:
		return uint16(0x59 + k - glfw.KeyKP1)
	}
	return usageOf[k]
}

var usageOf = map[glfw.Key]uint16{
	glfw.Key0: 0x27, glfw.KeyEnter: 0x28, glfw.KeyEscape: 0x29, glfw.KeyBackspace: 0x2A,
	glfw.KeyTab: 0x2B, glfw.KeySpace: 0x2C, glfw.KeyMinus: 0x2D, glfw.KeyEqual: 0x2E,
	glfw.KeyLeftBracket: 0x2F, glfw.KeyRightBracket: 0x30, glfw.KeyBackslash: 0x31,
	glfw.KeySemicolon: 0x33, glfw.KeyApostrophe: 0x34, glfw.KeyGraveAccent: 0x35,
	glfw.KeyComma: 0x36, glfw.KeyPeriod: 0x37, glfw.KeySlash: 0x38, glfw.KeyCapsLock: 0x39,
	glfw.KeyPrintScreen: 0x46, glfw.KeyScrollLock: 0x47, glfw.KeyPause: 0x48,
	glfw.KeyInsert: 0x49, glfw.KeyHome: 0x4A, glfw.KeyPageUp: 0x4B, glfw.KeyDelete: 0x4C,
	glfw.KeyEnd: 0x4D, glfw.KeyPageDown: 0x4E, glfw.KeyRight: 0x4F, glfw.KeyLeft: 0x50,
	glfw.KeyDown: 0x51, glfw.KeyUp: 0x52, glfw.KeyNumLock: 0x53, glfw.KeyKPDivide: 0x54,
	glfw.KeyKPMultiply: 0x55, glfw.KeyKPSubtract: 0x56, glfw.KeyKPAdd: 0x57,
	glfw.KeyKPEnter: 0x58, glfw.KeyKP0: 0x62, glfw.KeyKPDecimal: 0x63, glfw.KeyWorld1: 0x64,
	glfw.KeyMenu: 0x65, glfw.KeyKPEqual: 0x67, glfw.KeyWorld2: 0x87,
	glfw.KeyLeftControl: 0xE0, glfw.KeyLeftShift: 0xE1, glfw.KeyLeftAlt: 0xE2, glfw.KeyLeftSuper: 0xE3,
	glfw.KeyRightControl: 0xE4, glfw.KeyRightShift: 0xE5, glfw.KeyRightAlt: 0xE6, glfw.KeyRightSuper: 0xE7,
}
