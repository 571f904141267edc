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

// patience is how long one step may wait for what must come. Software OpenGL on a busy
// machine is slow; a step that works takes a fraction of it.
const patience = 60 * time.Second

// actor is one person before their display.
type actor struct {
	name, user, display string
	bot                 *screenbot.Bot
	app                 *stage.App
	profile             string // of the browser
}

// player plays the scenario.
type player struct {
	g              *proc.Group
	o              options
	endpoint       *stage.Endpoint
	helper, sharer *actor
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
	for _, a := range []*actor{p.helper, p.sharer} {
		if a != nil && a.bot != nil {
			a.bot.Close()
		}
	}
}

// picture saves the whole display of an actor under the next number.
func (p *player) picture(a *actor, name string) error {
	img, err := a.bot.Picture()
	if err != nil {
		return err
	}
	p.pictures++
	return save(filepath.Join(p.o.out, fmt.Sprintf("%02d-%s.png", p.pictures, name)), img)
}

// lastPictures keeps what both displays showed when a step failed.
func (p *player) lastPictures() {
	for _, a := range []*actor{p.helper, p.sharer} {
		if a == nil || a.bot == nil {
			continue
		}
		if img, err := a.bot.Picture(); err == nil {
			if err := save(filepath.Join(p.o.out, "99-failed-"+a.name+".png"), img); err == nil {
				fmt.Printf("     the %s's display then: %s\n", a.name, filepath.Join(p.o.out, "99-failed-"+a.name+".png"))
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

// see waits until the actor's app shows one of names, usable, and returns it.
func (a *actor) see(ctx context.Context, names ...string) (screenbot.Element, error) {
	var e screenbot.Element
	err := stage.WaitFor(ctx, patience, fmt.Sprintf("%q in the %s's window", names, a.name), func() error {
		all, err := screenbot.ReadMap(a.app.Map)
		if err != nil {
			return err
		}
		e, err = all.Find(names...)
		if err == nil && e.Disabled {
			err = fmt.Errorf("%q is disabled", e.ID)
		}
		return err
	})
	return e, err
}

// press waits until one of names can be used, and clicks it. The window is raised first: a
// person sees which window they click.
func (a *actor) press(ctx context.Context, names ...string) error {
	e, err := a.see(ctx, names...)
	if err != nil {
		return err
	}
	if err := a.settle(ctx, &e, names...); err != nil {
		return err
	}
	return a.bot.Click(e.Middle())
}

// settle waits until an element stays in its place, so that a click does not go beside a
// button that a window still lays out.
func (a *actor) settle(ctx context.Context, e *screenbot.Element, names ...string) error {
	same := 0
	return stage.WaitFor(ctx, patience, fmt.Sprintf("%q to stay in its place", names), func() error {
		now, err := a.see(ctx, names...)
		if err != nil {
			return err
		}
		if now.Rect() == e.Rect() {
			same++
		} else {
			same, *e = 0, now
		}
		if same < 4 {
			return screenbot.ErrNotThere
		}
		return nil
	})
}

// window waits for a window that is meets, on the actor's display.
func (a *actor) window(ctx context.Context, what string, is func(screenbot.Window) bool) (screenbot.Window, error) {
	var found screenbot.Window
	err := stage.WaitFor(ctx, patience, what, func() error {
		ws, err := a.bot.Windows()
		if err != nil {
			return err
		}
		for _, w := range ws {
			if is(w) {
				found = w
				return nil
			}
		}
		return screenbot.ErrNotThere
	})
	return found, err
}
