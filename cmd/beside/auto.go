//go:build dev

package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/url"
	"os"
	"strings"
	"time"

	"fyne.io/fyne/v2"
	fyneapp "fyne.io/fyne/v2/app"
	"fyne.io/fyne/v2/container"

	"beside/app/glass"
	"beside/policy"
	"beside/session"
)

// autoSettings make this build act without a person, so that a session can be measured. Nothing of
// this file is in a release.
type autoSettings struct {
	role string // helper or sharer
	user string // sign-in name, for the browser command
	mode string // view or control
	full bool   // the helper's picture fills the screen
}

func (a *autoSettings) flags(f *flag.FlagSet) {
	f.StringVar(&a.role, "auto", "", "development: be `helper` or sharer without a person; consents by itself")
	f.StringVar(&a.user, "auto-user", "", "development: sign-in `name`")
	f.StringVar(&a.mode, "auto-mode", "control", "development: view or control")
	f.BoolVar(&a.full, "fullscreen", false, "development: the helper's picture fills the screen, 1:1")
}

// told is one line on standard output.
type told struct {
	Event string `json:"event"`
	Code  string `json:"code,omitempty"`
	Path  string `json:"path,omitempty"`
}

// auto signs in and plays one side.
func (p *parts) auto(ctx context.Context, a autoSettings, out io.Writer) error {
	say := func(t told) { _ = json.NewEncoder(out).Encode(t) }
	limit, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	_, err := p.signIn.Interactive(limit, func(address string) error {
		u, err := url.Parse(address)
		if err != nil {
			return err
		}
		done, err := p.set.dev.open(u)
		if !done {
			return errors.New("-auto needs -browser")
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("signing in: %w", err)
	}
	if _, err := p.me(limit); err != nil {
		return fmt.Errorf("asking who we are: %w", err)
	}
	if a.role == "sharer" {
		return p.autoSharer(ctx, say)
	}
	return p.autoHelper(ctx, a, say)
}

// autoSharer takes the code from a line of standard input and allows whatever is asked.
func (p *parts) autoSharer(ctx context.Context, say func(told)) error {
	code, err := bufio.NewReader(os.Stdin).ReadString('\n')
	if err != nil {
		return fmt.Errorf("reading the code: %w", err)
	}
	s := p.newSharer(strings.TrimSpace(code))
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	for e := range s.Events() {
		switch e := e.(type) {
		case session.Consent:
			e.Answer(true)
		case session.Started:
			say(told{Event: "started"})
		case session.Ended:
			say(told{Event: "ended", Code: e.Code})
		}
	}
	return <-done
}

// autoHelper shows the picture alone in a window.
func (p *parts) autoHelper(ctx context.Context, a autoSettings, say func(told)) error {
	rights := policy.View
	if a.mode == "control" {
		rights |= policy.Control
	}
	f := fyneapp.NewWithID("example.beside")
	w := f.NewWindow("Beside")
	w.SetPadded(false)
	var h *helperRun
	g := glass.New(glass.Options{Window: w, Input: func(e inputEvent) { h.Input(e) }, Log: p.log})
	h = p.newHelper(g.Screen())
	g.SetMode(glass.Actual)
	w.SetContent(container.NewStack(g))
	w.Resize(fyne.NewSize(1280, 800))
	w.SetFullScreen(a.full)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	done := make(chan error, 1)
	go func() { done <- h.Run(ctx) }()
	go func() {
		for e := range h.Events() {
			switch e := e.(type) {
			case session.CodeReady:
				say(told{Event: "code", Code: e.Code})
			case session.MetSharer:
				h.Ask(rights)
			case session.Started:
				fyne.Do(func() {
					g.SetControl(e.Rights.Has(policy.Control))
					w.Canvas().Focus(g)
				})
				path := "direct"
				if h.Meter().Relay {
					path = "relay"
				}
				say(told{Event: "started", Path: path})
			case session.RightsNow:
				fyne.Do(func() { g.SetControl(e.Rights.Has(policy.Control)) })
			case session.Ended:
				say(told{Event: "ended", Code: e.Code})
			}
		}
		fyne.Do(f.Quit)
	}()
	context.AfterFunc(ctx, func() { h.End() })
	w.ShowAndRun()
	cancel()
	return <-done
}
