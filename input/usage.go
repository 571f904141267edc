package input

// x11OfUsage is the X11 keycode (evdev + 8) of each HID usage of page 7 that a keyboard has.
// Source: the Linux kernel's HID-to-input table and the evdev keycodes of XKB.
var x11OfUsage = map[uint16]uint8{ //nolint:gochecknoglobals // a table
	0x04: 38, 0x05: 56, 0x06: 54, 0x07: 40, 0x08: 26, 0x09: 41, 0x0A: 42, 0x0B: 43, 0x0C: 31, 0x0D: 44, // a-j
	0x0E: 45, 0x0F: 46, 0x10: 58, 0x11: 57, 0x12: 32, 0x13: 33, 0x14: 24, 0x15: 27, 0x16: 39, 0x17: 28, // k-t
	0x18: 30, 0x19: 55, 0x1A: 25, 0x1B: 53, 0x1C: 29, 0x1D: 52, // u-z
	0x1E: 10, 0x1F: 11, 0x20: 12, 0x21: 13, 0x22: 14, 0x23: 15, 0x24: 16, 0x25: 17, 0x26: 18, 0x27: 19, // 1-0
	0x28: 36, 0x29: 9, 0x2A: 22, 0x2B: 23, 0x2C: 65, 0x2D: 20, 0x2E: 21, 0x2F: 34, 0x30: 35, 0x31: 51, // enter esc bksp tab space - = [ ] \
	0x33: 47, 0x34: 48, 0x35: 49, 0x36: 59, 0x37: 60, 0x38: 61, 0x39: 66, // ; ' ` , . / caps
	0x3A: 67, 0x3B: 68, 0x3C: 69, 0x3D: 70, 0x3E: 71, 0x3F: 72, 0x40: 73, 0x41: 74, 0x42: 75, 0x43: 76, 0x44: 95, 0x45: 96, // F1-F12
	0x46: 107, 0x47: 78, 0x48: 127, 0x49: 118, 0x4A: 110, 0x4B: 112, 0x4C: 119, 0x4D: 115, 0x4E: 117, // print scroll pause ins home pgup del end pgdn
	0x4F: 114, 0x50: 113, 0x51: 116, 0x52: 111, // right left down up
	0x53: 77, 0x54: 106, 0x55: 63, 0x56: 82, 0x57: 86, 0x58: 104, // num / * - + enter
	0x59: 87, 0x5A: 88, 0x5B: 89, 0x5C: 83, 0x5D: 84, 0x5E: 85, 0x5F: 79, 0x60: 80, 0x61: 81, 0x62: 90, 0x63: 91, // kp 1-9 0 .
	0x64: 94, 0x65: 135, 0x67: 125, // < > |, menu, kp =
	0x68: 191, 0x69: 192, 0x6A: 193, 0x6B: 194, 0x6C: 195, 0x6D: 196, 0x6E: 197, 0x6F: 198, 0x70: 199, 0x71: 200, 0x72: 201, 0x73: 202, // F13-F24
	0x85: 129, 0x87: 97, 0x88: 101, 0x89: 132, 0x8A: 100, 0x8B: 102, 0x90: 130, 0x91: 131, // kp , ro kana yen henkan muhenkan hangul hanja
	0xE0: 37, 0xE1: 50, 0xE2: 64, 0xE3: 133, 0xE4: 105, 0xE5: 62, 0xE6: 108, 0xE7: 134, // modifiers
}

// usageOfX11 is x11OfUsage the other way round.
var usageOfX11 = func() map[uint8]uint16 { //nolint:gochecknoglobals // a table
	m := make(map[uint8]uint16, len(x11OfUsage))
	for u, k := range x11OfUsage {
		m[k] = u
	}
	return m
}()

// X11FromUsage is the X11 keycode of a HID usage. ok is false where a keyboard has no such key.
func X11FromUsage(usage uint16) (keycode uint8, ok bool) {
	keycode, ok = x11OfUsage[usage]
	return keycode, ok
}

// UsageFromX11 is the HID usage of an X11 keycode, which is what GLFW calls a scan code on X11.
func UsageFromX11(keycode uint8) (usage uint16, ok bool) {
	usage, ok = usageOfX11[keycode]
	return usage, ok
}
