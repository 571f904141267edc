package main

import (
	"context"
	"image"
	"math"
	"slices"
	"sync"
	"time"

	"beside/internal/pause"
)

// A shot is what a rectangle of a display looked like at a moment: a hash for each tile,
// and what the tile looks like from afar.
type shot struct {
	at    time.Time
	tiles []uint64
	afar  [][tileCells]byte
}

// alike says whether tile k of two shots looks the same from afar, as a picture does that
// was sent with loss.
func (s shot) alike(other shot, k int) bool {
	sum := 0
	for i, a := range s.afar[k] {
		d := int(a) - int(other.afar[k][i])
		sum += max(d, -d)
	}
	return sum <= 2*tileCells
}

// shotEvery is how often a recorder looks: finer than any display that people have, and
// coarse enough to leave the processor to what is measured.
const shotEvery = 12 * time.Millisecond

// A recording is what both displays showed over some time.
type recording struct{ src, dst []shot }

// record watches r on both displays while act runs and until keep has passed after it.
func (v *view) record(ctx context.Context, r image.Rectangle, keep time.Duration, act func() error) (*recording, error) {
	var rec recording
	watching, stop := context.WithCancel(ctx)
	defer stop()
	var both sync.WaitGroup
	var errs [2]error
	for i, into := range []*[]shot{&rec.src, &rec.dst} {
		name := []string{v.srcName, v.dstName}[i]
		both.Go(func() { *into, errs[i] = shoot(watching, name, r) })
	}
	err := pause.For(ctx, 100*time.Millisecond)
	if err == nil {
		err = act()
	}
	if err == nil {
		err = pause.For(ctx, keep)
	}
	stop()
	both.Wait()
	for _, e := range append(errs[:], err) {
		if e != nil {
			return nil, e
		}
	}
	return &rec, nil
}

// shoot takes shots until ctx ends.
func shoot(ctx context.Context, name string, r image.Rectangle) ([]shot, error) {
	d, err := openDisplay(name)
	if err != nil {
		return nil, err
	}
	defer d.close()
	var shots []shot
	for next := time.Now(); ctx.Err() == nil; next = later(next.Add(shotEvery), time.Now()) {
		time.Sleep(time.Until(next))
		pix, err := d.look(r)
		if err != nil {
			return nil, err
		}
		shots = append(shots, shot{time.Now(), tiles(pix, r.Size()), afar(pix, r.Size())})
	}
	return shots, nil
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// lagResult is how far the helper's picture was behind.
type lagResult struct {
	behind  []float64 // for each of the helper's shots, ms that its oldest tile was out of date
	still   float64   // ms from the last change on the sharer's display until the helper's was the same for good; NaN if never
	changes int       // shots of the sharer's display that differ from the one before
}

// lag compares tile by tile. A tile of the helper's is as old as the moment when the
// sharer's display stopped showing it, or one that looks like it from afar; one that the
// sharer's display was never seen to show is as old as the last one that it was.
func (rec *recording) lag() lagResult {
	res := lagResult{still: math.NaN()}
	if len(rec.src) == 0 || len(rec.dst) == 0 {
		return res
	}
	lastChange := 0
	for i := 1; i < len(rec.src); i++ {
		if !slices.Equal(rec.src[i].tiles, rec.src[i-1].tiles) {
			res.changes++
			lastChange = i
		}
	}
	known := make([]int, len(rec.src[0].tiles)) // for each tile, the newest of the sharer's shots known to be shown
	newest := 0
	for _, d := range rec.dst {
		for newest+1 < len(rec.src) && !rec.src[newest+1].at.After(d.at) {
			newest++
		}
		worst := 0.0
		for k, h := range d.tiles {
			// What is shown cannot be older than what was shown before.
			for j := newest; j >= known[k]; j-- {
				if rec.src[j].tiles[k] == h || rec.src[j].alike(d, k) {
					known[k] = j
					break
				}
			}
			if gone, ok := rec.gone(k, known[k], newest); ok {
				worst = max(worst, ms(d.at.Sub(gone)))
			}
		}
		res.behind = append(res.behind, worst)
	}
	final := rec.src[len(rec.src)-1].tiles
	for i := len(rec.dst) - 1; i >= 0 && slices.Equal(rec.dst[i].tiles, final); i-- {
		if rec.dst[i].at.Before(rec.src[lastChange].at) {
			res.still = 0
			break
		}
		res.still = ms(rec.dst[i].at.Sub(rec.src[lastChange].at))
	}
	return res
}

// gone is when the sharer's display stopped showing tile k as it was in shot i, if that was
// not after shot newest.
func (rec *recording) gone(k, i, newest int) (time.Time, bool) {
	for j := i + 1; j <= newest; j++ {
		if rec.src[j].tiles[k] != rec.src[i].tiles[k] {
			return rec.src[j].at, true
		}
	}
	return time.Time{}, false
}
