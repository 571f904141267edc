package xvfb

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"time"

	"github.com/jezek/xgb/xproto"

	"beside/internal/xconn"
)

// Desktop starts an X server and a window manager for a program of tests that wants its main
// goroutine for windows, and so has no testing.TB yet. It points DISPLAY at them and sets what makes
// windows the same everywhere, but not what is set already: FYNE_SCALE. home is an empty folder for
// settings and caches. extra are more arguments of the server. stop ends both.
func Desktop(home, size string, extra ...string) (stop func(), err error) {
	env := [][2]string{{"LANG", "C.UTF-8"}, {"LIBGL_ALWAYS_SOFTWARE", "1"}, {"XDG_CONFIG_HOME", home}, {"XDG_CACHE_HOME", home}}
	if os.Getenv("FYNE_SCALE") == "" {
		env = append(env, [2]string{"FYNE_SCALE", "1"})
	}
	display, stop, err := Managed(size, extra...)
	if err != nil {
		return nil, err
	}
	for _, e := range append(env, [2]string{"DISPLAY", display}) {
		if err := os.Setenv(e[0], e[1]); err != nil {
			stop()
			return nil, fmt.Errorf("xvfb: %w", err)
		}
	}
	return stop, nil
}

// Managed starts an X server and a window manager, and returns once that manages windows: GLFW looks
// for it only once. stop ends both.
func Managed(size string, extra ...string) (display string, stop func(), err error) {
	display, kill, err := serve(append([]string{"-screen", "0", size + "x24", "-ac"}, extra...))
	if err != nil {
		return "", nil, err
	}
	wm := exec.Command("openbox", "--sm-disable")
	wm.Env = append(os.Environ(), "DISPLAY="+display)
	if err := wm.Start(); err != nil {
		kill()
		return "", nil, fmt.Errorf("xvfb: start a window manager: %w", err)
	}
	stop = func() {
		_ = wm.Process.Kill()
		_ = wm.Wait()
		kill()
	}
	if err := awaitManager(display); err != nil {
		stop()
		return "", nil, err
	}
	return display, stop, nil
}

// awaitManager waits until a window manager has announced itself.
func awaitManager(display string) error {
	c, err := xconn.Dial(display)
	if err != nil {
		return err
	}
	defer c.Close()
	const name = "_NET_SUPPORTING_WM_CHECK"
	atom, err := xproto.InternAtom(c.Conn, false, uint16(len(name)), name).Reply()
	if err != nil {
		return fmt.Errorf("xvfb: %w", err)
	}
	for range 1000 {
		p, err := xproto.GetProperty(c.Conn, false, c.Root, atom.Atom, xproto.AtomWindow, 0, 1).Reply()
		if err == nil && p.ValueLen == 1 {
			return nil
		}
		<-time.After(10 * time.Millisecond)
	}
	return errors.New("xvfb: no window manager came")
}
