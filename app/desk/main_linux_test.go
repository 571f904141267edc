package desk

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"log"
	"os"
	"os/exec"
	"strconv"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/app"
	"github.com/jezek/xgb"
	"github.com/jezek/xgb/xproto"
)

// TestMain runs the tests beside a Fyne application with real windows on a display of
// their own: Fyne wants the main goroutine.
func TestMain(m *testing.M) {
	code := 1
	xgb.Logger = log.New(io.Discard, "", 0)
	home, err := os.MkdirTemp("", "desk")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	stop, err := startDisplay(home)
	if err != nil {
		fmt.Fprintln(os.Stderr, "no display for the tests:", err)
		os.Exit(1)
	}
	a := app.NewWithID("beside.desk.test")
	a.NewWindow("keeps the application running")
	a.Lifecycle().SetOnStarted(func() {
		go Unstick(context.Background(), fyne.Do, nil)
		go func() {
			code = m.Run()
			fyne.Do(a.Quit)
		}()
	})
	a.Run()
	stop()
	_ = os.RemoveAll(home)
	os.Exit(code)
}

// startDisplay starts an X server and a window manager and points DISPLAY at them. A
// second process of the tests inherits them.
func startDisplay(home string) (stop func(), err error) {
	if os.Getenv("DESK_TEST_INNER") != "" {
		return func() {}, nil
	}
	for _, e := range [][2]string{{"LANG", "C.UTF-8"}, {"LIBGL_ALWAYS_SOFTWARE", "1"}, {"XDG_CONFIG_HOME", home}, {"XDG_CACHE_HOME", home}} {
		if err = os.Setenv(e[0], e[1]); err != nil {
			return nil, err
		}
	}
	if os.Getenv("FYNE_SCALE") == "" {
		if err = os.Setenv("FYNE_SCALE", "1"); err != nil {
			return nil, err
		}
	}
	number, server, err := startServer()
	if err != nil {
		return nil, err
	}
	if err = os.Setenv("DISPLAY", number); err != nil {
		return nil, err
	}
	wm := exec.Command("openbox", "--sm-disable")
	if err := wm.Start(); err != nil {
		return nil, err
	}
	if err := awaitManager(); err != nil { // GLFW looks for it only once
		return nil, err
	}
	return func() {
		_ = wm.Process.Kill()
		_ = wm.Wait()
		_ = server.Process.Signal(os.Interrupt)
		_ = server.Wait()
	}, nil
}

// awaitManager waits until a window manager has announced itself.
func awaitManager() error {
	x, err := xgb.NewConn()
	if err != nil {
		return err
	}
	defer x.Close()
	const name = "_NET_SUPPORTING_WM_CHECK"
	atom, err := xproto.InternAtom(x, false, uint16(len(name)), name).Reply()
	if err != nil {
		return err
	}
	root := xproto.Setup(x).DefaultScreen(x).Root
	for range 500 {
		p, err := xproto.GetProperty(x, false, root, atom.Atom, xproto.AtomWindow, 0, 1).Reply()
		if err == nil && p.ValueLen == 1 {
			return nil
		}
		<-time.After(10 * time.Millisecond)
	}
	return fmt.Errorf("no window manager")
}

func startServer() (display string, server *exec.Cmd, err error) {
	for n := 30; n < 40; n++ {
		if _, err := os.Stat("/tmp/.X" + strconv.Itoa(n) + "-lock"); err == nil {
			continue
		}
		r, w, err := os.Pipe()
		if err != nil {
			return "", nil, err
		}
		cmd := exec.Command("Xvfb", ":"+strconv.Itoa(n), "-screen", "0", "1920x1080x24", "-nolisten", "tcp", "-noreset", "-displayfd", "3")
		cmd.ExtraFiles = []*os.File{w}
		if err = cmd.Start(); err != nil {
			return "", nil, err
		}
		_ = w.Close()
		// Xvfb writes a line when it is ready, and closes when it fails.
		_, err = bufio.NewReader(r).ReadString('\n')
		_ = r.Close()
		if err == nil {
			return ":" + strconv.Itoa(n), cmd, nil
		}
		_ = cmd.Wait()
	}
	return "", nil, fmt.Errorf("no free display")
}
