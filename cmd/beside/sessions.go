package main

import (
	"context"
	"image"

	"beside/app/overlay"
	"beside/capture/native"
	"beside/input"
	"beside/input/own"
	"beside/input/robot"
	"beside/input/x11watch"
	"beside/policy"
	"beside/session"
)

// helperRun is a helper's session with its connection.
type helperRun struct {
	*session.Helper
	run running[*session.Helper]
}

// Events are the session's, seen by the event log.
func (h *helperRun) Events() <-chan session.Event { return h.run.seen.out }

// Run runs both.
func (h *helperRun) Run(ctx context.Context) error { return h.run.run(ctx) }

// newHelper makes a helper's session that draws on screen.
func (p *parts) newHelper(screen session.Screen) *helperRun {
	line := p.client.NewSession()
	h := session.NewHelper(session.HelperConfig{Common: p.common(line, false), Screen: screen})
	r := running[*session.Helper]{S: h, line: line, p: p, seen: p.newWitness("helper")}
	if f := p.set.figures(h.Meter); f != nil {
		r.also = append(r.also, f)
	}
	return &helperRun{h, r}
}

// sharerRun is a sharer's session with its connection.
type sharerRun struct {
	*session.Sharer
	run running[*session.Sharer]
}

// Events are the session's, seen by the event log.
func (s *sharerRun) Events() <-chan session.Event { return s.run.seen.out }

// Run runs both.
func (s *sharerRun) Run(ctx context.Context) error { return s.run.run(ctx) }

// able is what this app can do; the device's ceiling is never more.
const able = policy.View | policy.Control

// newSharer makes a sharer's session for a typed code.
func (p *parts) newSharer(code string) *sharerRun {
	line := p.line()
	moved := make(chan struct{}, 1)
	cfg := session.SharerConfig{
		Common: p.common(line, true), Code: code, Device: p.evidence(),
		Ceiling: policy.Meet(able, p.set.conf.Rights()), InjectedConsent: p.set.conf.InjectedConsent(), Spent: p.spent,
	}
	r := running[*session.Sharer]{line: line, p: p, seen: p.newWitness("sharer")}
	if w, err := x11watch.Open(x11watch.Options{OnEvent: func(e x11watch.Event) {
		if e.Kind == x11watch.Motion {
			select {
			case moved <- struct{}{}:
			default:
			}
		}
	}}); err == nil {
		cfg.Local = w
		cfg.Displays = native.New(native.Options{Moved: moved})
		r.also = append(r.also, w.Run)
	} else {
		cfg.Displays = native.New(native.Options{})
		p.log.Warn("local input cannot be told from injected", "err", err)
	}
	if w, err := own.New(own.Options{}); err == nil {
		cfg.Own = w
		r.also = append(r.also, func(ctx context.Context) error { <-ctx.Done(); return w.Close() })
	} else {
		p.log.Error("Beside's own windows cannot be protected: input is refused", "err", err)
		cfg.Own = allOwn{}
	}
	cfg.Overlay = func() (session.Overlay, error) {
		o, err := overlay.Open(overlay.Options{})
		if err != nil {
			p.log.Warn("the helper cannot point on this screen", "err", err)
			return nil, err
		}
		return o, nil
	}
	var bot *robot.Robot
	cfg.Injector = func(area func() image.Rectangle) (input.Injector, error) {
		b, err := robot.New(robot.Options{Area: area})
		bot = b
		return b, err
	}
	s := session.NewSharer(cfg)
	r.S = s
	r.last = func() error {
		if bot == nil {
			return nil
		}
		return bot.Close()
	}
	return &sharerRun{s, r}
}

// allOwn refuses everything: without knowing which windows are ours, all of them are.
type allOwn struct{}

// OwnAt is input.Windows's.
func (allOwn) OwnAt(image.Point) bool { return true }

// OwnFocused is input.Windows's.
func (allOwn) OwnFocused() bool { return true }
