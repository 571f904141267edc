//go:build linux && cgo

package robot

/*
#cgo LDFLAGS: -lX11
#include <stdlib.h>
#include <string.h>
#include <X11/Xlib.h>

// robotgo's own connection. Weak: it is found when the whole program is linked.
extern Display *XGetMainDisplay(void) __attribute__((weak));

static Display *watched;
static int failure; // X's code of the last error on it
static int dead;
static XErrorHandler others;
static XIOErrorHandler othersIO;

static int protocolError(Display *d, XErrorEvent *e) {
	if (d == watched) {
		failure = e->error_code;
		return 0;
	}
	return others ? others(d, e) : 0;
}

static int ioError(Display *d) {
	if (d == watched) {
		dead = 1;
		return 0;
	}
	return othersIO ? othersIO(d) : 0;
}

static void stay(Display *d, void *unused) { dead = 1; }

// watch makes robotgo open its connection, and takes the errors on it, on which Xlib would end
// the process. It says whether the connection goes to the display called name.
static int watch(const char *name) {
	Display *d = XGetMainDisplay ? XGetMainDisplay() : NULL;
	if (d == NULL || strcmp(XDisplayString(d), name) != 0) return 0;
	failure = 0;
	dead = 0;
	watched = d;
	XErrorHandler e = XSetErrorHandler(protocolError);
	if (e != protocolError) others = e;
	XIOErrorHandler io = XSetIOErrorHandler(ioError);
	if (io != ioError) othersIO = io;
	XSetIOErrorExitHandler(d, stay, NULL);
	return 1;
}

static void unwatch(void) { watched = NULL; }

static int isDead(void) { return dead; }

static int takeFailure(void) {
	int f = failure;
	failure = 0;
	return f;
}
*/
import "C"

import (
	"errors"
	"fmt"
	"image"
	"os"
	"sync"
	"unsafe"

	"github.com/go-vgo/robotgo"
)

// mouse is robotgo's connection: it has one for the whole process, so there is one of these. Its
// users are the open Robots, all on one display.
type mouse struct {
	mu      sync.Mutex
	display string
	users   int
}

var theMouse mouse

// hold opens the connection for one more user.
func (m *mouse) hold(display string) error {
	if display == "" {
		display = os.Getenv("DISPLAY")
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.users > 0 {
		if m.display != display {
			return ErrOtherDisplay
		}
		m.users++
		return nil
	}
	robotgo.MouseSleep = 0
	if err := robotgo.SetXDisplayName(display); err != nil {
		return fmt.Errorf("robot: connect: %w", err)
	}
	name := C.CString(display)
	defer C.free(unsafe.Pointer(name))
	if C.watch(name) == 0 {
		// It tries others when it cannot open the one it was told.
		robotgo.CloseMainDisplay()
		return errors.New("robot: connect: robotgo did not open the display")
	}
	m.display, m.users = display, 1
	return nil
}

// drop ends the connection with its last user.
func (m *mouse) drop() {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.users--; m.users == 0 {
		robotgo.CloseMainDisplay()
		C.unwatch()
	}
}

// do calls robotgo, which loses errors, and finds them.
func (m *mouse) do(f func() error) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if C.isDead() != 0 {
		return ErrGone
	}
	err := f()
	if C.isDead() != 0 {
		return ErrGone
	}
	if code := C.takeFailure(); code != 0 {
		return fmt.Errorf("robot: inject: X error %d", int(code))
	}
	if err != nil {
		return fmt.Errorf("robot: inject: %w", err)
	}
	return nil
}

func (m *mouse) move(p image.Point) error {
	return m.do(func() error { robotgo.Move(p.X, p.Y); return nil })
}

func (m *mouse) button(name string, down bool) error {
	state := "up"
	if down {
		state = "down"
	}
	return m.do(func() error { return robotgo.Toggle(name, state) })
}

// wheel turns by detents; robotgo counts left and up as positive.
func (m *mouse) wheel(x, y int) error {
	return m.do(func() error { robotgo.Scroll(-x, -y, 0); return nil })
}
