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
	for _, role := range []string{"helper", "sharer"} {
		size := image.Pt(1440, 900)
		if role == "sharer" {
			size = image.Pt(1280, 800)
		}
		display, err := stage.StartDisplay(ctx, p.g, role, size)
		if err != nil {
			return err
		}
		bot, err := screenbot.Open(display)
		if err != nil {
			return err
		}
		a := &actor{name: role, display: display, bot: bot, profile: filepath.Join(p.o.work, role+"-browser")}
		colour := uint32(helperDesktop)
		if role == "sharer" {
			p.sharer, colour = a, sharerDesktop
		} else {
			p.helper = a
		}
		if err := bot.Background(colour); err != nil {
			return err
		}
	}
	e, err := stage.StartEndpoint(ctx, p.g, stage.EndpointOptions{
		Binary: p.o.program("beside-endpoint-dev"), Data: filepath.Join(p.o.work, "endpoint"),
	})
	if err != nil {
		return err
	}
	p.endpoint = e
	p.helper.user, p.sharer.user = helperUser(e, p.o), sharerUser(e, p.o)
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
			"DISPLAY=" + p.sharer.display, "XDG_CONFIG_HOME=" + home, "XDG_DATA_HOME=" + home, "GSETTINGS_BACKEND=memory",
			"DBUS_SESSION_BUS_ADDRESS=unix:path=" + filepath.Join(home, "no-bus"), "NO_AT_BRIDGE=1", "GDK_BACKEND=x11",
		},
	}); err != nil {
		return err
	}
	w, err := p.sharer.window(ctx, "the editor", func(w screenbot.Window) bool { return strings.EqualFold(w.Class, "mousepad") })
	if err != nil {
		return err
	}
	return p.sharer.bot.Place(w.ID, image.Pt(500, 110), image.Pt(720, 500))
}

// editor is where the editor's text is on the sharer's screen.
func (p *player) editor(ctx context.Context) (image.Rectangle, error) {
	w, err := p.sharer.window(ctx, "the editor", func(w screenbot.Window) bool { return strings.EqualFold(w.Class, "mousepad") })
	return w.Rect, err
}

func (p *player) openApps(ctx context.Context) error {
	for _, a := range []*actor{p.helper, p.sharer} {
		app, err := stage.StartApp(p.g, p.endpoint, stage.AppOptions{
			Name: a.name, Binary: p.o.program("beside-dev"), Home: filepath.Join(p.o.work, a.name),
			Display: a.display, Lang: p.o.lang, Dark: p.o.dark, Own: true,
			Browser: p.o.self("browser", "-profile", a.profile, "-lang", p.o.lang),
		})
		if err != nil {
			return err
		}
		a.app = app
	}
	for _, a := range []*actor{p.helper, p.sharer} {
		if _, err := a.see(ctx, "start.get"); err != nil {
			return err
		}
		w, err := a.window(ctx, "the window of Beside", func(w screenbot.Window) bool { return w.PID == a.app.Process.PID })
		if err != nil {
			return err
		}
		if err := a.bot.Place(w.ID, image.Pt(40, 60), image.Point{}); err != nil {
			return err
		}
	}
	if err := p.drawn(ctx, p.helper, "start.get"); err != nil {
		return err
	}
	return p.picture(p.helper, "start")
}

// drawn waits until what is named stays in its place and its pixels stay the same, so that a
// picture does not catch a window that is still being painted.
func (p *player) drawn(ctx context.Context, a *actor, names ...string) error {
	e, err := a.see(ctx, names...)
	if err != nil {
		return err
	}
	if err := a.settle(ctx, &e, names...); err != nil {
		return err
	}
	var last []byte
	same := 0
	return stage.WaitFor(ctx, patience, "a picture that stays the same", func() error {
		img, err := a.bot.Look(e.Rect())
		if err != nil {
			return err
		}
		if string(img.Pix) == string(last) {
			same++
		} else {
			same, last = 0, img.Pix
		}
		if same < 4 {
			return screenbot.ErrNotThere
		}
		return nil
	})
}

func (p *player) helperSignsIn(ctx context.Context) error {
	if err := p.helper.press(ctx, "start.give"); err != nil {
		return err
	}
	return p.signIn(ctx, p.helper, "sign-in")
}

// signIn signs in in the browser that the app opened: by a click on the name.
func (p *player) signIn(ctx context.Context, a *actor, picture string) error {
	var tab page
	var at image.Point
	err := stage.WaitFor(ctx, patience, "the sign-in page", func() error {
		var err error
		if tab, err = sees(ctx, a.profile, "/oauth2/v2.0/authorize"); err != nil {
			return err
		}
		at, err = tab.button(ctx, a.user)
		return err
	})
	if err != nil {
		return err
	}
	if _, err := a.window(ctx, "the window of the browser", func(w screenbot.Window) bool {
		return strings.HasPrefix(strings.ToLower(w.Class), "chrom") || strings.HasPrefix(strings.ToLower(w.Class), "google-chrome")
	}); err != nil {
		return err
	}
	if err := p.still(ctx, a); err != nil {
		return err
	}
	if at, err = tab.button(ctx, a.user); err != nil { // the window may have moved since
		return err
	}
	if picture != "" {
		if err := p.picture(a, picture); err != nil {
			return err
		}
	}
	if err := a.bot.Click(at); err != nil {
		return err
	}
	return stage.WaitFor(ctx, patience, "the browser to hand the answer to Beside", func() error {
		done, err := sees(ctx, a.profile, "http://localhost")
		if err != nil {
			return err
		}
		return done.close(ctx)
	})
}

// still waits until the whole display of the actor has not changed for a moment.
func (p *player) still(ctx context.Context, a *actor) error {
	var last []byte
	same := 0
	return stage.WaitFor(ctx, patience, "the "+a.name+"'s display to be still", func() error {
		img, err := a.bot.Picture()
		if err != nil {
			return err
		}
		if string(img.Pix) == string(last) {
			same++
		} else {
			same, last = 0, img.Pix
		}
		if same < 5 {
			return screenbot.ErrNotThere
		}
		return nil
	})
}

// code is the code that the helper's window shows.
func (p *player) code(ctx context.Context) (string, error) {
	var code string
	err := stage.WaitFor(ctx, patience, "a code", func() error {
		e, err := p.helper.see(ctx, "code")
		if err != nil {
			return err
		}
		if code = strings.ReplaceAll(e.Label, "-", ""); len(code) < 8 {
			return screenbot.ErrNotThere
		}
		return nil
	})
	return code, err
}

func (p *player) codeShown(ctx context.Context) error {
	if _, err := p.code(ctx); err != nil {
		return err
	}
	if err := p.drawn(ctx, p.helper, "code"); err != nil {
		return err
	}
	return p.picture(p.helper, "code")
}

func (p *player) sharerSignsIn(ctx context.Context) error {
	if err := p.sharer.press(ctx, "start.get"); err != nil {
		return err
	}
	return p.signIn(ctx, p.sharer, "")
}

func (p *player) codeTyped(ctx context.Context) error {
	code, err := p.code(ctx)
	if err != nil {
		return err
	}
	if err := p.sharer.press(ctx, "join.field"); err != nil {
		return err
	}
	if err := p.sharer.bot.Type(strings.ToLower(code[:4]) + "-" + strings.ToLower(code[4:])); err != nil {
		return err
	}
	if err := p.drawn(ctx, p.sharer, "join.go"); err != nil { // enabled once the code is complete
		return err
	}
	if err := p.picture(p.sharer, "code-typed"); err != nil {
		return err
	}
	return p.sharer.press(ctx, "join.go")
}

func (p *player) helperChecks(ctx context.Context) error {
	if _, err := p.helper.see(ctx, "who.title"); err != nil {
		return err
	}
	if _, err := p.helper.see(ctx, "dev.bad.t", "dev.unenrolled.t", "dev.unknown.t"); err != nil {
		return err
	}
	if err := p.drawn(ctx, p.helper, "who.title"); err != nil {
		return err
	}
	return p.picture(p.helper, "helper-checks-device-warning")
}

func (p *player) helperAsks(ctx context.Context) error {
	if err := p.helper.press(ctx, "mode.control"); err != nil {
		return err
	}
	return p.helper.press(ctx, "mode.go")
}

func (p *player) sharerAllows(ctx context.Context) error {
	if _, err := p.sharer.see(ctx, "allow"); err != nil {
		return err
	}
	if e, err := p.sharer.see(ctx, "decline"); err != nil {
		return err
	} else if !e.Focused {
		return errors.New("Decline has not the focus") //nolint:staticcheck // a word on a button
	}
	if err := p.drawn(ctx, p.sharer, "allow"); err != nil {
		return err
	}
	if err := p.picture(p.sharer, "consent"); err != nil {
		return err
	}
	if err := sleep(ctx, 800*time.Millisecond); err != nil { // the dialog ignores what comes too early
		return err
	}
	return p.sharer.press(ctx, "allow")
}

func (p *player) helperSees(ctx context.Context) error {
	if _, err := p.helper.see(ctx, "v.end"); err != nil {
		return err
	}
	view, err := p.view(ctx)
	if err != nil {
		return err
	}
	if view.Dx() < 600 {
		return fmt.Errorf("the picture in the helper's window is only %d pixels wide", view.Dx())
	}
	if _, err := p.sharer.see(ctx, "stop"); err != nil { // the session bar
		return err
	}
	if err := p.still(ctx, p.sharer); err != nil {
		return err
	}
	if err := sleep(ctx, 500*time.Millisecond); err != nil { // time for the last change to cross
		return err
	}
	if err := p.picture(p.helper, "helper-sees-desktop"); err != nil {
		return err
	}
	return p.picture(p.sharer, "sharer-session-bar")
}

// view is where on the helper's screen the sharer's desktop is shown, found by its colour.
func (p *player) view(ctx context.Context) (image.Rectangle, error) {
	var box image.Rectangle
	err := stage.WaitFor(ctx, patience, "the sharer's desktop in the helper's window", func() error {
		img, err := p.helper.bot.Picture()
		if err != nil {
			return err
		}
		box = image.Rectangle{}
		n := 0
		for y := img.Rect.Min.Y; y < img.Rect.Max.Y; y++ {
			for x := img.Rect.Min.X; x < img.Rect.Max.X; x++ {
				c := img.RGBAAt(x, y)
				if uint32(c.R)<<16|uint32(c.G)<<8|uint32(c.B) == sharerDesktop {
					box = box.Union(image.Rect(x, y, x+1, y+1))
					n++
				}
			}
		}
		if n < 20000 {
			return screenbot.ErrNotThere
		}
		return nil
	})
	return box, err
}

func (p *player) helperTypes(ctx context.Context) error {
	view, err := p.view(ctx)
	if err != nil {
		return err
	}
	editor, err := p.editor(ctx)
	if err != nil {
		return err
	}
	// Into the text, not onto the editor's menu.
	there := image.Pt(editor.Min.X+editor.Dx()/2, editor.Min.Y+editor.Dy()*2/3)
	size := p.sharer.bot.Size()
	here := view.Min.Add(image.Pt(there.X*view.Dx()/size.X, there.Y*view.Dy()/size.Y))
	if err := p.helper.bot.Click(here); err != nil {
		return err
	}
	if err := sleep(ctx, 500*time.Millisecond); err != nil { // as long as a hand needs from mouse to keyboard
		return err
	}
	for _, r := range typed {
		if err := p.helper.bot.Type(string(r)); err != nil {
			return err
		}
		if err := sleep(ctx, 15*time.Millisecond); err != nil { // a very fast typist
			return err
		}
	}
	if err := p.helper.bot.Tap(screenbot.Control, 's'); err != nil {
		return err
	}
	if err := stage.WaitFor(ctx, patience, "the text in the file that the editor saves", func() error {
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
	if err := p.still(ctx, p.sharer); err != nil {
		return err
	}
	if err := p.picture(p.sharer, "typed-text-in-editor"); err != nil {
		return err
	}
	return p.picture(p.helper, "typed-text-helper-view")
}

func (p *player) helperEnds(ctx context.Context) error {
	return p.helper.press(ctx, "v.end")
}

func (p *player) bothEnded(ctx context.Context) error {
	for _, end := range []struct {
		a             *actor
		name, picture string
	}{
		{p.helper, "e.helper.title", "end-helper"},
		{p.sharer, "e.sharer.title", "end-sharer"},
	} {
		if err := p.drawn(ctx, end.a, end.name); err != nil {
			return err
		}
		if err := p.picture(end.a, end.picture); err != nil {
			return err
		}
	}
	return nil
}

// sleep is for what a person waits for without looking.
func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
