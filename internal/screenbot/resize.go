package screenbot

import (
	"errors"
	"fmt"
	"image"

	"github.com/jezek/xgb/randr"
)

// ErrMode says that the monitor has no mode of that size.
var ErrMode = errors.New("screenbot: no such mode")

// SetSize gives the screen and its first monitor another size, as the desktop's settings do.
func (b *Bot) SetSize(size image.Point) error {
	if err := randr.Init(b.conn); err != nil {
		return fmt.Errorf("screenbot: resize: %w", err)
	}
	res, err := randr.GetScreenResources(b.conn, b.screen.Root).Reply()
	if err != nil {
		return fmt.Errorf("screenbot: resize: %w", err)
	}
	var mode randr.Mode
	for _, m := range res.Modes {
		if int(m.Width) == size.X && int(m.Height) == size.Y {
			mode = randr.Mode(m.Id)
		}
	}
	if len(res.Crtcs) == 0 || len(res.Outputs) == 0 {
		return fmt.Errorf("%w: %v: no monitor", ErrMode, size)
	}
	if mode == 0 {
		if mode, err = b.newMode(size, res.Outputs[0]); err != nil {
			return err
		}
	}
	set := func(m randr.Mode, outputs []randr.Output) error {
		r, err := randr.SetCrtcConfig(b.conn, res.Crtcs[0], 0, res.ConfigTimestamp, 0, 0, m, randr.RotationRotate0, outputs).Reply()
		if err == nil && r.Status != randr.SetConfigSuccess {
			err = fmt.Errorf("%w: status %d", ErrMode, r.Status)
		}
		return err
	}
	// A screen may not shrink below what shows a part of it, so the monitor goes off meanwhile.
	if err := set(0, nil); err != nil {
		return fmt.Errorf("screenbot: monitor off: %w", err)
	}
	const perMM = 96 / 25.4
	if err := randr.SetScreenSizeChecked(b.conn, b.screen.Root, uint16(size.X), uint16(size.Y),
		uint32(float64(size.X)/perMM), uint32(float64(size.Y)/perMM)).Check(); err != nil {
		return fmt.Errorf("screenbot: resize: %w", err)
	}
	if err := set(mode, res.Outputs[:1]); err != nil {
		return fmt.Errorf("screenbot: monitor on: %w", err)
	}
	b.screen.WidthInPixels, b.screen.HeightInPixels = uint16(size.X), uint16(size.Y)
	return nil
}

// newMode teaches the monitor a size.
func (b *Bot) newMode(size image.Point, to randr.Output) (randr.Mode, error) {
	name := fmt.Sprintf("%dx%d", size.X, size.Y)
	w, h := uint16(size.X), uint16(size.Y)
	r, err := randr.CreateMode(b.conn, b.screen.Root, randr.ModeInfo{
		Width: w, Height: h, DotClock: 60 * uint32(w) * uint32(h), HsyncStart: w, HsyncEnd: w, Htotal: w,
		VsyncStart: h, VsyncEnd: h, Vtotal: h, NameLen: uint16(len(name)),
	}, name).Reply()
	if err != nil {
		return 0, fmt.Errorf("screenbot: new mode: %w", err)
	}
	if err := randr.AddOutputModeChecked(b.conn, to, r.Mode).Check(); err != nil {
		return 0, fmt.Errorf("screenbot: new mode: %w", err)
	}
	return r.Mode, nil
}
