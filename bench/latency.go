package main

import (
	"context"
	"errors"
	"image"
	"math/rand/v2"
	"time"

	"github.com/jezek/xgb/xproto"

	"beside/internal/pause"
)

// Where the small things that are timed are drawn: beside the load's window, so that they
// can be timed while it plays.
var (
	patchAt = image.Rect(1740, 300, 1804, 364)
	charAt  = image.Rect(1740, 400, 1749, 416)
)

// patience is the longest wait for one change; a change that takes longer is lost.
const patience = 3 * time.Second

// latency times n changes of the rectangle at from the sharer's display to the helper's.
// A change that does not come in time counts as patience.
func (v *view) latency(ctx context.Context, n int, at image.Rectangle) ([]float64, error) {
	c, err := v.src.newCanvas(at, false)
	if err != nil {
		return nil, err
	}
	defer c.hide()
	if err := v.shown(ctx, c); err != nil {
		return nil, err
	}
	mid := pixelAt(c.r.Min.Add(c.r.Size().Div(2)))
	var times []float64
	for i := range n {
		if err := pause.For(ctx, time.Duration(80+rand.IntN(170))*time.Millisecond); err != nil {
			return nil, err
		}
		white := i%2 == 0
		t0 := time.Now()
		c.fill(c.all(), grey(white))
		c.d.sync()
		seen, err := v.within(ctx, mid, patience, pollEvery, bright(white))
		if err != nil && !errors.Is(err, errUnseen) {
			return nil, err
		}
		times = append(times, ms(seen.Sub(t0)))
	}
	return times, nil
}

// click times n clicks on the helper's display until the answer of a program on the
// sharer's, which turns a rectangle from black to white or back, is seen on the helper's.
func (v *view) click(ctx context.Context, n int) ([]float64, error) {
	c, err := v.src.newCanvas(image.Rect(400, 300, 520, 420), true)
	if err != nil {
		return nil, err
	}
	if err := v.shown(ctx, c); err != nil {
		c.hide()
		return nil, err
	}
	middle := c.r.Min.Add(c.r.Size().Div(2))
	v.dst.point(middle)
	v.dst.sync()
	if err := pause.For(ctx, 500*time.Millisecond); err != nil {
		return nil, err
	}
	// The program that answers. Only it uses the source connection until that is closed.
	answered := make(chan struct{})
	go func() {
		defer close(answered)
		white := false
		for {
			ev, err := v.src.x.WaitForEvent()
			if ev == nil && err == nil {
				return // closed
			}
			if b, ok := ev.(xproto.ButtonPressEvent); ok && b.Detail == 1 {
				white = !white
				c.fill(c.all(), grey(white))
			}
		}
	}()
	var times []float64
	for i := range n {
		if err = pause.For(ctx, time.Duration(120+rand.IntN(200))*time.Millisecond); err != nil {
			break
		}
		var at time.Time
		t0 := time.Now()
		v.dst.button(1, true)
		v.dst.button(1, false)
		at, err = v.within(ctx, pixelAt(middle), patience, pollEvery, bright(i%2 == 0))
		if err != nil && !errors.Is(err, errUnseen) {
			break
		}
		err = nil
		times = append(times, ms(at.Sub(t0)))
	}
	// Whoever clicked leaves the pointer where nothing is measured.
	v.dst.point(image.Pt(1900, 1070))
	v.dst.sync()
	v.src.close()
	<-answered
	return times, err
}

// pageRect is where pages of text are drawn.
var pageRect = image.Rect(200, 150, 1400, 850)

// page draws a page of coloured text, different for every seed.
func (d *display) page(on xproto.Drawable, gc xproto.Gcontext, size image.Point, seed uint64) {
	d.fill(on, gc, image.Rectangle{Max: size}, 0xffffff)
	r := rand.New(rand.NewPCG(seed, 1))
	for y := 14; y < size.Y-4; y += 16 {
		for x := 4; x < size.X-170; x += 190 {
			d.write(on, gc, image.Pt(x, y), uint32(r.IntN(1<<24)), words(r, 26))
		}
	}
}

// pages draws n fresh pages of coloured text and times each from its last stroke until the
// helper's picture is the same, pixel for pixel.
func (v *view) pages(ctx context.Context, n int, seed uint64) ([]float64, error) {
	c, err := v.src.newCanvas(pageRect, false)
	if err != nil {
		return nil, err
	}
	defer c.hide()
	if err := v.shown(ctx, c); err != nil {
		return nil, err
	}
	var times []float64
	for i := range n {
		if err := pause.For(ctx, 400*time.Millisecond); err != nil {
			return nil, err
		}
		v.src.page(xproto.Drawable(c.win), c.gc, c.r.Size(), seed+uint64(i))
		v.src.sync()
		t0 := time.Now()
		at, err := v.settle(ctx, pageRect, waitLimit)
		if err != nil && !errors.Is(err, errUnseen) {
			return nil, err
		}
		times = append(times, ms(at.Sub(t0)))
	}
	return times, nil
}
