package main

import (
	"context"
	"errors"
	"fmt"
	"image"
	"os"
	"path/filepath"
	"strings"
	"time"

	"beside/internal/pause"
	"beside/internal/proc"
	"beside/internal/screenbot"
	"beside/internal/stage"
)

// step is one thing that happens. The names that the steps look for are those of the texts.
type step struct {
	what string
	do   func(*player, context.Context) error
}

var scenario = []step{
	{"two displays, an endpoint and an editor on the sharer's desktop", (*player).setUp},
	{"both people open Beside", (*player).openApps},
	{"the helper chooses Help someone and signs in in the browser", (*player).helperSignsIn},
	{"the helper gets a code to read out", (*player).codeShown},
	{"the sharer chooses Get help and signs in in the browser", (*player).sharerSignsIn},
	{"the sharer types the code", (*player).codeTyped},
	{"the helper sees who it is and is warned about the device", (*player).helperChecks},
	{"the helper asks for full control", (*player).helperAsks},
	{"the sharer sees who asks for what, and allows it", (*player).sharerAllows},
	{"the helper sees the sharer's desktop", (*player).helperSees},
	{"what the helper types stands in the editor on the sharer's desktop", (*player).helperTypes},
	{"the helper ends the session", (*player).helperEnds},
	{"both people read that it has ended", (*player).bothEnded},
}

// Colours of the two desktops: the helper's view is recognised by the sharer's.
const (
	sharerDesktop = 0x2f6f6a
	helperDesktop = 0x4a4f63
)

const typed = "Hello Sam, this is Noa. I will fix it together with you!"

func (p *player) setUp(ctx context.Context) error {
	e, err := stage.StartEndpoint(ctx, p.g, stage.EndpointOptions{
		Binary: p.o.program("beside-endpoint-dev"), Data: filepath.Join(p.o.work, "endpoint"), State: "noncompliant",
	})
	if err != nil {
		return err
	}
	p.endpoint = e
	if p.helper, err = stage.Enter(ctx, p.g, "helper", helperUser(e, p.o), p.o.work, image.Pt(1440, 900), helperDesktop); err != nil {
		return err
	}
	if p.sharer, err = stage.Enter(ctx, p.g, "sharer", sharerUser(e, p.o), p.o.work, image.Pt(1280, 800), sharerDesktop); err != nil {
		return err
	}
	return p.openEditor(ctx)
}

// openEditor opens an empty file in a text editor and puts its window where ours will not be.
func (p *player) openEditor(ctx context.Context) error {
	if err := os.WriteFile(p.note, nil, 0o600); err != nil {
		return err
	}
	home := filepath.Join(p.o.work, "editor")
	if err := os.MkdirAll(home, 0o700); err != nil {
		return err
	}
	if _, err := p.g.Start(proc.Spec{
		Name: "editor", Argv: []string{"mousepad", "--disable-server", p.note},
		Env: []string{
			"DISPLAY=" + p.sharer.Display, "XDG_CONFIG_HOME=" + home, "XDG_DATA_HOME=" + home, "GSETTINGS_BACKEND=memory",
			"DBUS_SESSION_BUS_ADDRESS=unix:path=" + filepath.Join(home, "no-bus"), "NO_AT_BRIDGE=1", "GDK_BACKEND=x11",
		},
	}); err != nil {
		return err
	}
	w, err := p.sharer.Window(ctx, "the editor", func(w screenbot.Window) bool { return strings.EqualFold(w.Class, "mousepad") })
	if err != nil {
		return err
	}
	return p.sharer.Bot.Place(w.ID, image.Pt(500, 110), image.Pt(720, 500))
}

// editor is where the editor's text is on the sharer's screen.
func (p *player) editor(ctx context.Context) (image.Rectangle, error) {
	w, err := p.sharer.Window(ctx, "the editor", func(w screenbot.Window) bool { return strings.EqualFold(w.Class, "mousepad") })
	return w.Rect, err
}

func (p *player) openApps(ctx context.Context) error {
	for _, a := range []*stage.Actor{p.helper, p.sharer} {
		o := stage.AppOptions{Binary: p.o.program("beside-dev"), Lang: p.o.lang, Dark: p.o.dark}
		if err := a.Open(ctx, p.g, p.endpoint, p.o.program("beside-demo"), o); err != nil {
			return err
		}
	}
	if err := p.helper.Drawn(ctx, "start.get"); err != nil {
		return err
	}
	return p.picture(p.helper, "start")
}

func (p *player) helperSignsIn(ctx context.Context) error {
	if err := p.helper.Press(ctx, "start.give"); err != nil {
		return err
	}
	return p.helper.SignIn(ctx, func() error { return p.picture(p.helper, "sign-in") })
}

func (p *player) codeShown(ctx context.Context) error {
	if _, err := p.helper.Code(ctx); err != nil {
		return err
	}
	if err := p.helper.Drawn(ctx, "code"); err != nil {
		return err
	}
	return p.picture(p.helper, "code")
}

func (p *player) sharerSignsIn(ctx context.Context) error {
	if err := p.sharer.Press(ctx, "start.get"); err != nil {
		return err
	}
	return p.sharer.SignIn(ctx, nil)
}

func (p *player) codeTyped(ctx context.Context) error {
	code, err := p.helper.Code(ctx)
	if err != nil {
		return err
	}
	if err := p.sharer.TypeCode(ctx, code); err != nil {
		return err
	}
	if err := p.picture(p.sharer, "code-typed"); err != nil {
		return err
	}
	return p.sharer.Press(ctx, "join.go")
}

func (p *player) helperChecks(ctx context.Context) error {
	if _, err := p.helper.See(ctx, "who.title"); err != nil {
		return err
	}
	if _, err := p.helper.See(ctx, stage.DeviceWarnings...); err != nil {
		return err
	}
	if err := p.helper.Drawn(ctx, "who.title"); err != nil {
		return err
	}
	return p.picture(p.helper, "helper-checks-device-warning")
}

func (p *player) helperAsks(ctx context.Context) error {
	if err := p.helper.Press(ctx, "mode.control"); err != nil {
		return err
	}
	return p.helper.Press(ctx, "mode.go")
}

func (p *player) sharerAllows(ctx context.Context) error {
	if _, err := p.sharer.See(ctx, "allow"); err != nil {
		return err
	}
	if e, err := p.sharer.See(ctx, "decline"); err != nil {
		return err
	} else if !e.Focused {
		return errors.New("Decline has not the focus") //nolint:staticcheck // a word on a button
	}
	if err := p.sharer.Drawn(ctx, "allow"); err != nil {
		return err
	}
	if err := p.picture(p.sharer, "consent"); err != nil {
		return err
	}
	if err := pause.For(ctx, 800*time.Millisecond); err != nil { // the dialog ignores what comes too early
		return err
	}
	return p.sharer.Press(ctx, "allow")
}

func (p *player) helperSees(ctx context.Context) error {
	if _, err := p.helper.See(ctx, "v.end"); err != nil {
		return err
	}
	view, err := p.helper.Shown(ctx, sharerDesktop, 20000)
	if err != nil {
		return err
	}
	if view.Dx() < 600 {
		return fmt.Errorf("the picture in the helper's window is only %d pixels wide", view.Dx())
	}
	if _, err := p.sharer.See(ctx, "stop"); err != nil { // the session bar
		return err
	}
	if err := p.sharer.Still(ctx); err != nil {
		return err
	}
	if err := pause.For(ctx, 500*time.Millisecond); err != nil { // time for the last change to cross
		return err
	}
	if err := p.picture(p.helper, "helper-sees-desktop"); err != nil {
		return err
	}
	return p.picture(p.sharer, "sharer-session-bar")
}

func (p *player) helperTypes(ctx context.Context) error {
	view, err := p.helper.Shown(ctx, sharerDesktop, 20000)
	if err != nil {
		return err
	}
	editor, err := p.editor(ctx)
	if err != nil {
		return err
	}
	// Into the text, not onto the editor's menu.
	there := image.Pt(editor.Min.X+editor.Dx()/2, editor.Min.Y+editor.Dy()*2/3)
	size := p.sharer.Bot.Size()
	here := view.Min.Add(image.Pt(there.X*view.Dx()/size.X, there.Y*view.Dy()/size.Y))
	if err := p.helper.Bot.Click(here); err != nil {
		return err
	}
	if err := pause.For(ctx, 500*time.Millisecond); err != nil { // as long as a hand needs from mouse to keyboard
		return err
	}
	for _, r := range typed {
		if err := p.helper.Bot.Type(string(r)); err != nil {
			return err
		}
		if err := pause.For(ctx, 15*time.Millisecond); err != nil { // a very fast typist
			return err
		}
	}
	if err := p.helper.Bot.Tap(screenbot.Control, 's'); err != nil {
		return err
	}
	if err := stage.WaitFor(ctx, time.Minute, "the text in the file that the editor saves", func() error {
		b, err := os.ReadFile(p.note)
		if err != nil {
			return err
		}
		if got := strings.TrimSuffix(string(b), "\n"); got != typed {
			return fmt.Errorf("the file says %q", got)
		}
		return nil
	}); err != nil {
		return err
	}
	if err := p.sharer.Still(ctx); err != nil {
		return err
	}
	if err := p.picture(p.sharer, "typed-text-in-editor"); err != nil {
		return err
	}
	return p.picture(p.helper, "typed-text-helper-view")
}

func (p *player) helperEnds(ctx context.Context) error {
	return p.helper.Press(ctx, "v.end")
}

func (p *player) bothEnded(ctx context.Context) error {
	for _, end := range []struct {
		a             *stage.Actor
		name, picture string
	}{
		{p.helper, "e.helper.title", "end-helper"},
		{p.sharer, "e.sharer.title", "end-sharer"},
	} {
		if err := end.a.Drawn(ctx, end.name); err != nil {
			return err
		}
		if err := p.picture(end.a, end.picture); err != nil {
			return err
		}
	}
	return nil
}
