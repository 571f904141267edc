package desk

import (
	"context"
	"fmt"
	"io"
	"log"
	"os"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/app"
	"github.com/jezek/xgb"

	"beside/internal/xvfb"
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
	stop, err := xvfb.Desktop(home, "1920x1080")
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
