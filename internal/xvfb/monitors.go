package xvfb

import (
	"fmt"
	"image"
	"testing"

	"github.com/jezek/xgb/randr"
	"github.com/jezek/xgb/xproto"

	"beside/internal/xconn"
)

// Dial connects to a display until the test ends.
func Dial(t testing.TB, display string) *xconn.Conn {
	t.Helper()
	c, err := xconn.Dial(display)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

// SetMonitor plugs in a monitor of that name, or moves the one there is. With instead it takes the
// place of the monitor that is the whole screen.
func SetMonitor(c *xconn.Conn, name string, r image.Rectangle, instead bool) error {
	atom, err := monitorName(c, name)
	if err != nil {
		return err
	}
	info := randr.MonitorInfo{
		Name: atom, X: int16(r.Min.X), Y: int16(r.Min.Y), Width: uint16(r.Dx()), Height: uint16(r.Dy()),
		WidthInMillimeters: 300, HeightInMillimeters: 200,
	}
	if instead {
		res, err := randr.GetScreenResources(c.Conn, c.Root).Reply()
		if err != nil {
			return fmt.Errorf("xvfb: list outputs: %w", err)
		}
		info.NOutput, info.Outputs = uint16(len(res.Outputs)), res.Outputs
	}
	_ = randr.DeleteMonitorChecked(c.Conn, c.Root, atom).Check() // one that is there cannot be moved
	if err := randr.SetMonitorChecked(c.Conn, c.Root, info).Check(); err != nil {
		return fmt.Errorf("xvfb: set a monitor: %w", err)
	}
	return nil
}

// DeleteMonitor unplugs a monitor that SetMonitor has made.
func DeleteMonitor(c *xconn.Conn, name string) error {
	atom, err := monitorName(c, name)
	if err != nil {
		return err
	}
	if err := randr.DeleteMonitorChecked(c.Conn, c.Root, atom).Check(); err != nil {
		return fmt.Errorf("xvfb: delete a monitor: %w", err)
	}
	return nil
}

func monitorName(c *xconn.Conn, name string) (xproto.Atom, error) {
	if _, err := randr.QueryVersion(c.Conn, 1, 5).Reply(); err != nil {
		return 0, fmt.Errorf("xvfb: ask for RandR: %w", err)
	}
	r, err := xproto.InternAtom(c.Conn, false, uint16(len(name)), name).Reply()
	if err != nil {
		return 0, fmt.Errorf("xvfb: name a monitor: %w", err)
	}
	return r.Atom, nil
}
