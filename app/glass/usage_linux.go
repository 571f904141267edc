package glass

import (
	"math"

	"github.com/go-gl/glfw/v3.3/glfw"

	"beside/input"
)

// usage is the HID usage of a key, 0 for none. The scan code is the X11 key code, which
// names more keys than GLFW does.
func usage(_ glfw.Key, scan int) uint16 {
	if scan < 0 || scan > math.MaxUint8 {
		return 0
	}
	u, ok := input.UsageFromX11(uint8(scan))
	if !ok {
		return 0
	}
	return u
}
