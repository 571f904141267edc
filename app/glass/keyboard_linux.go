package glass

/*
#cgo LDFLAGS: -lX11
#include <X11/Xlib.h>
static int glass_fd(void *d) { return XConnectionNumber((Display*)d); }
static int glass_grab(void *d, unsigned long w) {
	int r = XGrabKeyboard((Display*)d, w, True, GrabModeAsync, GrabModeAsync, CurrentTime);
	XFlush((Display*)d);
	return r;
}
static void glass_ungrab(void *d) { XUngrabKeyboard((Display*)d, CurrentTime); XFlush((Display*)d); }
*/
import "C"

import (
	"unsafe"

	"github.com/go-gl/glfw/v3.3/glfw"
)

// grabKeyboard sends every key to w, the window manager's too, and says whether the
// system allowed it. It goes over GLFW's own connection, so that the keys come as
// GLFW's events.
func grabKeyboard(w *glfw.Window) bool {
	d := unsafe.Pointer(glfw.GetX11Display())
	return d != nil && C.glass_grab(d, C.ulong(w.GetX11Window())) == C.GrabSuccess
}

// ungrabKeyboard ends grabKeyboard.
func ungrabKeyboard() {
	if d := unsafe.Pointer(glfw.GetX11Display()); d != nil {
		C.glass_ungrab(d)
	}
}

// displayFD is GLFW's connection to the X server.
func displayFD() (fd int, ok bool) {
	d := unsafe.Pointer(glfw.GetX11Display())
	if d == nil {
		return 0, false
	}
	return int(C.glass_fd(d)), true
}
