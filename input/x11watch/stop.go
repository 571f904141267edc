package x11watch

import (
	"context"
	"fmt"
	"sync"

	"github.com/jezek/xgb/xproto"

	"beside/internal/xconn"
)

// Key codes, the same on every keyboard: the stop key is a place, not a letter.
const (
	codeBackspace   = 22
	codeLeftCtrl    = 37
	codeRightCtrl   = 105
	codeLeftShift   = 50
	codeRightShift  = 62
	stopModifiers   = xproto.ModMaskControl | xproto.ModMaskShift
	lockCombination = 1 << 4
)

// StopKey watches for Ctrl+Shift+Backspace on a display, physical or injected, until ctx
// ends or the server is gone; then the channel is closed. A receiver that is late gets one
// value for several presses. The key is also grabbed, so that programs do not see it; if
// another program has grabbed it first, or holds the keyboard or a pointer button, it
// stops all the same.
func StopKey(ctx context.Context, display string) (<-chan struct{}, error) {
	pressed := make(chan struct{}, 1)
	down := map[uint32]bool{}
	w, err := Open(Options{Display: display, OnEvent: func(e Event) {
		switch e.Kind { //nolint:exhaustive // only keys matter here
		case KeyRelease:
			delete(down, e.Code)
		case KeyPress:
			down[e.Code] = true
			if e.Code == codeBackspace && (down[codeLeftCtrl] || down[codeRightCtrl]) &&
				(down[codeLeftShift] || down[codeRightShift]) {
				select {
				case pressed <- struct{}{}:
				default:
				}
			}
		}
	}})
	if err != nil {
		return nil, err
	}
	c, err := xconn.Dial(display)
	if err != nil {
		_ = w.w.s.Close()
		return nil, fmt.Errorf("x11watch: grab the stop key: %w", err)
	}
	grab(c)
	var running sync.WaitGroup
	running.Go(func() { // ends when the watcher closes the connection below
		for {
			if ev, xerr := c.WaitForEvent(); ev == nil && xerr == nil {
				return
			}
		}
	})
	go func() {
		_ = w.Run(ctx)
		c.Close()
		running.Wait()
		close(pressed)
	}()
	return pressed, nil
}

// grab takes the key with every combination of the locks. A refusal only means that
// another program has it; the raw events come anyway.
func grab(c *xconn.Conn) {
	locks := [...]uint16{xproto.ModMaskLock, xproto.ModMask2, xproto.ModMask3, xproto.ModMask5}
	for set := range lockCombination {
		mods := uint16(stopModifiers)
		for i, lock := range locks {
			if set&(1<<i) != 0 {
				mods |= lock
			}
		}
		xproto.GrabKey(c.Conn, false, c.Root, mods, codeBackspace, xproto.GrabModeAsync, xproto.GrabModeAsync)
	}
	c.Sync()
}
