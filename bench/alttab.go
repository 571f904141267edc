package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jezek/xgb/xproto"

	"beside/internal/pause"
)

// tabResult is what switching between two windows gave.
type tabResult struct {
	bytes []float64 // of each switch, until half a second after
	times []float64 // ms until the pictures were the same
	once  int       // switches whose first changed picture was the whole one
}

// altTab shows two windows with pages of text, and n times brings back the one behind. The
// X server repaints it at once by itself, as a compositor does. What the session's idling
// costs in the same time is not counted.
func (v *view) altTab(ctx context.Context, n int) (*tabResult, error) {
	var pages [2]*canvas
	for i := range pages {
		c, err := v.src.newPage(uint64(100 + i))
		if err != nil {
			return nil, err
		}
		defer c.hide()
		pages[i] = c
		v.src.sync()
		if _, err := v.settle(ctx, pageRect, 15*time.Second); err != nil {
			return nil, fmt.Errorf("the page of window %d: %w", i, err)
		}
	}
	const rest = 1500 * time.Millisecond
	if err := pause.For(ctx, rest); err != nil { // for what refines in the background
		return nil, err
	}
	idling, err := v.spend()
	if err != nil {
		return nil, err
	}
	if err := pause.For(ctx, 2*rest); err != nil {
		return nil, err
	}
	_, idleRate, _, err := idling.used()
	if err != nil {
		return nil, err
	}
	res := &tabResult{}
	for i := range n {
		if err := v.tab(ctx, pages[i%2], idleRate, res); err != nil {
			return nil, err
		}
	}
	return res, nil
}

// tab brings one window to the front. idleRate is in kB/s.
func (v *view) tab(ctx context.Context, c *canvas, idleRate float64, res *tabResult) error {
	pix, err := v.dst.look(pageRect)
	if err != nil {
		return err
	}
	old := append([]byte(nil), pix...)
	before, err := v.spend()
	if err != nil {
		return err
	}
	xproto.ConfigureWindow(v.src.x.Conn, c.win, xproto.ConfigWindowStackMode, []uint32{xproto.StackModeAbove})
	v.src.sync()
	t0 := time.Now()
	if pix, err = v.src.look(pageRect); err != nil {
		return err
	}
	want := append([]byte(nil), pix...)
	if identical(old, want) {
		return errors.New("the window did not come to the front")
	}
	first := true
	at, err := v.within(ctx, pageRect, waitLimit, time.Millisecond, func(got []byte) bool {
		if first && !identical(old, got) {
			first = false
			if identical(want, got) {
				res.once++
			}
		}
		return identical(want, got)
	})
	if err != nil && !errors.Is(err, errUnseen) {
		return err
	}
	res.times = append(res.times, ms(at.Sub(t0)))
	if err := pause.For(ctx, 500*time.Millisecond); err != nil {
		return err
	}
	_, _, t, err := before.used()
	if err != nil {
		return err
	}
	res.bytes = append(res.bytes, max(float64(t.bytes)-1000*idleRate*time.Since(before.at).Seconds(), 0))
	return nil
}

// newPage makes a window whose background is a page of text: the server repaints it.
func (d *display) newPage(seed uint64) (*canvas, error) {
	c, err := d.newCanvas(pageRect, false)
	if err != nil {
		return nil, err
	}
	pm, err := xproto.NewPixmapId(d.x.Conn)
	if err != nil {
		return nil, err
	}
	size := pageRect.Size()
	xproto.CreatePixmap(d.x.Conn, d.screen.RootDepth, pm, xproto.Drawable(d.screen.Root), uint16(size.X), uint16(size.Y))
	d.page(xproto.Drawable(pm), c.gc, size, seed)
	xproto.ChangeWindowAttributes(d.x.Conn, c.win, xproto.CwBackPixmap, []uint32{uint32(pm)})
	xproto.FreePixmap(d.x.Conn, pm)
	xproto.ClearArea(d.x.Conn, false, c.win, 0, 0, 0, 0)
	return c, nil
}
