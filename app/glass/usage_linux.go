package glass

import (
	"slices"

	"github.com/go-gl/glfw/v3.3/glfw"
)

// usage is the HID usage of a key, 0 for none. The scan code is the X11 key code, which
// names more keys than GLFW does.
func usage(_ glfw.Key, scan int) uint16 {
	if scan <= 8 || scan > 255 {
		return 0
	}
	return uint16(max(0, slices.Index(evdevOf[:], uint8(scan-8))))
}
