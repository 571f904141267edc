package main

import (
	"context"
	"errors"
	"fmt"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"time"

	"beside/internal/proc"
	"beside/internal/screenbot"
	"beside/internal/stage"
)

// player plays the scenario.
type player struct {
	g              *proc.Group
	o              options
	endpoint       *stage.Endpoint
	helper, sharer *stage.Actor
	note           string // file open in the editor on the sharer's desktop
	pictures       int
}

// play sets up two displays, plays the scenario on them and leaves pictures.
func play(ctx context.Context, g *proc.Group, o options) error {
	p := &player{g: g, o: o, note: filepath.Join(o.work, "notes.txt")}
	if err := os.MkdirAll(o.out, 0o755); err != nil {
		return err
	}
	old, err := filepath.Glob(filepath.Join(o.out, "[0-9][0-9]-*.png"))
	if err != nil {
		return err
	}
	for _, f := range old {
		if err := os.Remove(f); err != nil {
			return err
		}
	}
	defer p.leave()
	for i, s := range scenario {
		start := time.Now()
		if err := s.do(p, ctx); err != nil {
			fmt.Printf("FAIL %2d/%d  %s: %v\n", i+1, len(scenario), s.what, err)
			p.lastPictures()
			if errors.Is(err, context.Canceled) {
				return err
			}
			return fmt.Errorf("step %d, %s: %w", i+1, s.what, err)
		}
		fmt.Printf("ok   %2d/%d  %s (%.1f s)\n", i+1, len(scenario), s.what, time.Since(start).Seconds())
	}
	fmt.Printf("%d steps passed, 0 failed; %d pictures in %s\n", len(scenario), p.pictures, o.out)
	return nil
}

// leave closes what the player itself holds; the processes belong to the group.
func (p *player) leave() {
	for _, a := range []*stage.Actor{p.helper, p.sharer} {
		if a != nil {
			a.Leave()
		}
	}
}

// picture saves the whole display of an actor under the next number.
func (p *player) picture(a *stage.Actor, name string) error {
	img, err := a.Bot.Picture()
	if err != nil {
		return err
	}
	p.pictures++
	return save(filepath.Join(p.o.out, fmt.Sprintf("%02d-%s.png", p.pictures, name)), img)
}

// lastPictures keeps what both displays showed when a step failed.
func (p *player) lastPictures() {
	for _, a := range []*stage.Actor{p.helper, p.sharer} {
		if a == nil {
			continue
		}
		if a.App != nil {
			es, err := screenbot.ReadMap(a.App.Map)
			fmt.Printf("     the %s's windows: %v", a.Name, err)
			for _, e := range es {
				fmt.Printf(" %s/%s%v", e.Window, e.ID, e.Rect())
			}
			fmt.Println()
		}
		if img, err := a.Bot.Picture(); err == nil {
			if err := save(filepath.Join(p.o.out, "99-failed-"+a.Name+".png"), img); err == nil {
				fmt.Printf("     the %s's display then: %s\n", a.Name, filepath.Join(p.o.out, "99-failed-"+a.Name+".png"))
			}
		}
	}
}

func save(name string, img image.Image) error {
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	if err := png.Encode(f, img); err != nil {
		f.Close()
		return err
	}
	return f.Close()
}
