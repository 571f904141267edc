package main

import (
	"context"
	"errors"
	"image"
	"math/rand/v2"
	"sync"
	"time"

	"beside/internal/pause"
)

// Kinds of work that a desktop does.
const (
	idle   = "idle"
	typing = "typing" // ten characters a second in one line
	scroll = "scroll" // thirty times a second up by a line
	video  = "video"  // 640 by 360, thirty pictures a second
)

var (
	loadRect  = image.Rect(100, 100, 1700, 900)
	typeRect  = image.Rect(0, 0, 1600, 48) // marker and line, in the canvas
	videoAt   = image.Pt(300, 200)         // in the canvas
	watchRect = image.Rect(0, 0, 940, 560) // marker and video, in the canvas
	typeFrom  = image.Pt(10, 40)           // base line of the first character
	typeRow   = 250                        // characters in a line
	lineStep  = 16                         // height of a line of text, pixels
	dbEvery   = 300 * time.Millisecond     // how often a moving picture is compared
	watchStep = 2 * time.Millisecond       // how often the marker is looked at
)

// A sample is a moving picture as the helper saw it, and the marker beside it.
type sample struct {
	mark int
	pix  []byte
}

// loadResult is what one kind of work gave.
type loadResult struct {
	kind        string
	made        []time.Time // when frame i was complete on the sharer's display
	seen        sightings   // what the helper saw of it
	percent, kB float64     // processor time of both sides, traffic
	packets     float64     // for each frame made
	first, all  int         // typing: pictures that were exact when they were first seen, of all
	samples     []sample    // video
	exact       float64     // ms from the last frame until the displays were the same; the limit if never
}

// load plays a kind of work on the sharer's display for some time and watches it on the helper's.
func (v *view) load(ctx context.Context, kind string, secs int) (*loadResult, error) {
	c, err := v.src.newCanvas(loadRect, false)
	if err != nil {
		return nil, err
	}
	defer c.hide()
	if err := v.shown(ctx, c); err != nil {
		return nil, err
	}
	c.fill(c.all(), 0xffffff)
	r := rand.New(rand.NewPCG(7, 7))
	for y := 64; y < c.all().Max.Y; y += lineStep {
		c.write(image.Pt(4, y), 0x202020, words(r, 200))
	}
	c.mark(0)
	v.src.sync()
	if _, err := v.settle(ctx, c.r, waitLimit); err != nil {
		return nil, err
	}
	if err := pause.For(ctx, 1500*time.Millisecond); err != nil {
		return nil, err
	}
	res := &loadResult{kind: kind, made: []time.Time{time.Now()}}
	before, err := v.spend()
	if err != nil {
		return nil, err
	}
	watching, stop := context.WithCancel(ctx)
	var watcher sync.WaitGroup
	var watchErr error
	watcher.Go(func() { watchErr = v.watch(watching, res) })
	err = v.playOut(ctx, c, secs, r, res, before)
	stop()
	watcher.Wait()
	return res, errors.Join(err, watchErr)
}

// playOut plays, counts what it took, and waits until both displays are the same again.
func (v *view) playOut(ctx context.Context, c *canvas, secs int, r *rand.Rand, res *loadResult, before spent) error {
	if err := c.play(ctx, res.kind, secs, r, res); err != nil {
		return err
	}
	var t traffic
	var err error
	if res.percent, res.kB, t, err = before.used(); err != nil {
		return err
	}
	n := len(res.made) - 1
	res.packets = float64(t.packets) / float64(max(n, 1))
	at, err := v.settle(ctx, c.r, waitLimit)
	if err != nil && !errors.Is(err, errUnseen) {
		return err
	}
	res.exact = ms(at.Sub(res.made[n]))
	return pause.For(ctx, time.Until(res.made[n].Add(500*time.Millisecond))) // for the watcher to see the rest
}

// play makes the frames.
func (c *canvas) play(ctx context.Context, kind string, secs int, r *rand.Rand, res *loadResult) error {
	step := time.Second / 30
	if kind == typing {
		step = time.Second / 10
	}
	var pix []byte
	if kind == video {
		pix = make([]byte, 4*videoSize.X*videoSize.Y)
	}
	t0 := time.Now()
	end := t0.Add(time.Duration(secs) * time.Second)
	if kind == idle {
		return pause.For(ctx, time.Until(end))
	}
	for n, next := 1, t0; time.Now().Before(end); n++ {
		if pix != nil {
			videoFrame(n, pix) // before its time comes, so that it is on time
		}
		if err := pause.For(ctx, time.Until(next)); err != nil {
			return err
		}
		c.frame(kind, n, r, pix)
		c.d.sync()
		res.made = append(res.made, time.Now())
		// A machine that is too slow gets fewer frames, not bursts.
		if next = next.Add(step); time.Since(next) > step {
			next = time.Now()
		}
	}
	return nil
}

// frame makes one.
func (c *canvas) frame(kind string, n int, r *rand.Rand, pix []byte) {
	switch kind {
	case typing:
		at := typeFrom.Add(image.Pt(6*(n%typeRow), 0))
		c.write(at, uint32(0x101010+40*(n/typeRow)), string(rune('a'+n%26)))
	case scroll:
		area := image.Rect(0, 64, c.all().Max.X, c.all().Max.Y)
		c.up(area, lineStep)
		c.write(image.Pt(4, area.Max.Y-6), 0x202020, words(r, 200))
	case video:
		c.put(videoAt, videoSize, pix)
	}
	c.mark(n)
}

// watch looks at the helper's display, by a connection of its own, until ctx ends.
func (v *view) watch(ctx context.Context, res *loadResult) error {
	if res.kind == idle {
		return nil
	}
	dst, err := openDisplay(v.dstName)
	if err != nil {
		return err
	}
	defer dst.close()
	if res.kind == typing {
		return v.watchTyping(ctx, dst, res)
	}
	mark := markRect().Add(loadRect.Min)
	mark.Min.Y += markEdge / 2
	mark.Max.Y = mark.Min.Y + 1
	sampled := time.Now()
	for ctx.Err() == nil {
		pix, err := dst.look(mark)
		if err != nil {
			return err
		}
		res.seen = append(res.seen, sighting{time.Now(), readMark(pix)})
		if res.kind == video && time.Since(sampled) >= dbEvery {
			sampled = time.Now()
			if err := dst.sample(res); err != nil {
				return err
			}
		}
		time.Sleep(watchStep)
	}
	return nil
}

// sample keeps the moving picture with its marker.
func (d *display) sample(res *loadResult) error {
	pix, err := d.look(watchRect.Add(loadRect.Min))
	if err != nil {
		return err
	}
	w := watchRect.Dx()
	s := sample{mark: readMark(pix[4*w*markEdge/2:])}
	for y := videoAt.Y; y < videoAt.Y+videoSize.Y; y++ {
		i := 4 * (y*w + videoAt.X)
		s.pix = append(s.pix, pix[i:i+4*videoSize.X]...)
	}
	res.samples = append(res.samples, s)
	return nil
}

// watchTyping sees in addition whether the first picture that shows a change shows all of it.
func (v *view) watchTyping(ctx context.Context, dst *display, res *loadResult) error {
	src, err := openDisplay(v.srcName)
	if err != nil {
		return err
	}
	defer src.close()
	area := typeRect.Add(loadRect.Min)
	row := 4 * area.Dx() * markEdge / 2
	var last []byte
	for ; ctx.Err() == nil; time.Sleep(watchStep) {
		pix, err := dst.look(area)
		if err != nil {
			return err
		}
		res.seen = append(res.seen, sighting{time.Now(), readMark(pix[row:])})
		if last != nil && identical(last, pix) {
			continue
		}
		if last != nil {
			want, err := src.look(area)
			if err != nil {
				return err
			}
			res.all++
			if identical(want, pix) {
				res.first++
			}
		}
		last = append(last[:0], pix...)
	}
	return nil
}

// decibels compares every sample with the frame its marker names; marker and picture may
// come in different updates, so the nearest of the frames around it counts.
func (res *loadResult) decibels() []float64 {
	var out []float64
	pix := make([]byte, 4*videoSize.X*videoSize.Y)
	for _, s := range res.samples {
		best := 0.0
		for n := max(s.mark-2, 1); n <= s.mark+2; n++ {
			videoFrame(n, pix)
			best = max(best, psnr(pix, s.pix))
		}
		out = append(out, best)
	}
	return out
}
