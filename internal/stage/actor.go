package stage

import (
	"context"
	"fmt"
	"image"
	"path/filepath"
	"strings"
	"time"

	"beside/internal/proc"
	"beside/internal/screenbot"
)

// patience is how long one wait may take. Software OpenGL on a busy machine is slow; what
// works takes a fraction of it.
const patience = 60 * time.Second

// DeviceWarnings are the names by which the helper's warning about a device that is not
// compliant is found: its key, or its title in either language.
var DeviceWarnings = []string{"dev.bad.t", "This device does not meet the rules", "Dit apparaat voldoet niet aan de regels"}

// Actor is one person before a display of their own, with the app and a browser. Not safe for
// concurrent use. Names in its methods are those of the texts, such as "start.get".
type Actor struct {
	Name    string // helper, sharer
	User    string // whom they sign in as
	Display string
	Bot     *screenbot.Bot
	App     *App // nil before Open

	home, profile string
}

// Enter starts a display for a person and paints its desktop. What they have is kept below work.
func Enter(ctx context.Context, g *proc.Group, name, user, work string, size image.Point, desktop uint32) (*Actor, error) {
	display, err := StartDisplay(ctx, g, name, size)
	if err != nil {
		return nil, err
	}
	a, err := At(display, name, user, work)
	if err != nil {
		return nil, err
	}
	if err := a.Bot.Background(desktop); err != nil {
		a.Leave()
		return nil, err
	}
	return a, nil
}

// At is Enter for a display that is there already and stays as it is.
func At(display, name, user, work string) (*Actor, error) {
	bot, err := screenbot.Open(display)
	if err != nil {
		return nil, err
	}
	home := filepath.Join(work, name)
	return &Actor{Name: name, User: user, Display: display, Bot: bot, home: home, profile: filepath.Join(home, "browser")}, nil
}

// Leave closes what the actor holds itself; programs end with their group.
func (a *Actor) Leave() { a.Bot.Close() }

// Open starts the app and waits for its first page. o.Binary, o.Prefix, o.Lang, o.Dark, o.Browser
// and o.Args are used; demo is the path of beside-demo, which is the browser command unless
// o.Browser is set.
func (a *Actor) Open(ctx context.Context, g *proc.Group, e *Endpoint, demo string, o AppOptions) error {
	return a.OpenAt(ctx, g, e, demo, o, "start.get")
}

// OpenAt is Open for an app whose first page shows one of names.
func (a *Actor) OpenAt(ctx context.Context, g *proc.Group, e *Endpoint, demo string, o AppOptions, names ...string) error {
	lang := o.Lang
	if lang == "" {
		lang = "en"
	}
	o.Name, o.Home, o.Display, o.Own = a.Name, a.home, a.Display, true
	if o.Browser == "" {
		o.Browser = strings.Join([]string{demo, "browser", "-profile", a.profile, "-lang", lang}, " ")
	}
	app, err := StartApp(g, e, o)
	if err != nil {
		return err
	}
	a.App = app
	if _, err := a.See(ctx, names...); err != nil {
		return err
	}
	w, err := a.Window(ctx, "the window of Beside", func(w screenbot.Window) bool { return w.PID == app.Process.PID })
	if err != nil {
		return err
	}
	return a.Bot.Place(w.ID, image.Pt(40, 60), image.Point{})
}

// See waits until the app shows one of names, usable, and returns it.
func (a *Actor) See(ctx context.Context, names ...string) (screenbot.Element, error) {
	var e screenbot.Element
	err := WaitFor(ctx, patience, fmt.Sprintf("%q in the %s's window", names, a.Name), func() (err error) {
		e, err = a.usable(names)
		return err
	})
	return e, err
}

// usable is one of names that can be used now.
func (a *Actor) usable(names []string) (screenbot.Element, error) {
	select {
	case <-a.App.Process.Done():
		return screenbot.Element{}, fmt.Errorf("%w: the %s's app", ErrEnded, a.Name)
	default:
	}
	all, err := screenbot.ReadMap(a.App.Map)
	if err != nil {
		return screenbot.Element{}, err
	}
	e, err := all.Find(names...)
	if err == nil && e.Disabled {
		err = fmt.Errorf("%q is disabled", e.ID)
	}
	return e, err
}

// Press waits until one of names can be used and stays in its place, and clicks it.
func (a *Actor) Press(ctx context.Context, names ...string) error {
	e, err := a.settled(ctx, names...)
	if err != nil {
		return err
	}
	return a.Bot.Click(e.Middle())
}

// settled waits until an element stays in its place, so that a click does not go beside a
// button in a window that is still being laid out.
func (a *Actor) settled(ctx context.Context, names ...string) (screenbot.Element, error) {
	var last screenbot.Element
	same := 0
	err := WaitFor(ctx, patience, fmt.Sprintf("%q to stay in its place", names), func() error {
		now, err := a.usable(names)
		if err != nil {
			return err
		}
		if now.Rect() == last.Rect() {
			same++
		} else {
			same, last = 0, now
		}
		if same < 4 {
			return screenbot.ErrNotThere
		}
		return nil
	})
	return last, err
}

// Drawn waits until one of names stays in its place and its window's pixels stay the same, so
// that a picture does not catch a window that is still being painted.
func (a *Actor) Drawn(ctx context.Context, names ...string) error {
	e, err := a.settled(ctx, names...)
	if err != nil {
		return err
	}
	return a.unchanged(ctx, e.Rect())
}

// Still waits until the whole display has not changed for a moment.
func (a *Actor) Still(ctx context.Context) error {
	return a.unchanged(ctx, image.Rectangle{Max: a.Bot.Size()})
}

func (a *Actor) unchanged(ctx context.Context, r image.Rectangle) error {
	var last []byte
	same := 0
	return WaitFor(ctx, patience, "the "+a.Name+"'s display to be still", func() error {
		img, err := a.Bot.Look(r)
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

// Window waits for a window on the actor's display.
func (a *Actor) Window(ctx context.Context, what string, is func(screenbot.Window) bool) (screenbot.Window, error) {
	var found screenbot.Window
	err := WaitFor(ctx, patience, what, func() error {
		ws, err := a.Bot.Windows()
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

// SignIn signs in, in the browser that the app opened, by a click on the name, and closes the
// browser. look, unless nil, is called when the page can be seen.
func (a *Actor) SignIn(ctx context.Context, look func() error) error {
	var p page
	if err := WaitFor(ctx, patience, "the sign-in page", func() error {
		var err error
		if p, err = tab(ctx, a.profile, "/oauth2/v2.0/authorize"); err != nil {
			return err
		}
		_, err = p.button(ctx, a.User)
		return err
	}); err != nil {
		return err
	}
	if _, err := a.Window(ctx, "the window of the browser", isBrowser); err != nil {
		return err
	}
	if err := a.Still(ctx); err != nil {
		return err
	}
	at, err := p.button(ctx, a.User)
	if err != nil {
		return err
	}
	if look != nil {
		if err := look(); err != nil {
			return err
		}
	}
	if err := a.Bot.Click(at); err != nil {
		return err
	}
	return WaitFor(ctx, patience, "the browser to hand the answer to Beside", func() error {
		done, err := tab(ctx, a.profile, "http://localhost")
		if err != nil {
			return err
		}
		return done.close(ctx)
	})
}

func isBrowser(w screenbot.Window) bool {
	class := strings.ToLower(w.Class)
	return strings.HasPrefix(class, "chrom") || strings.HasPrefix(class, "google-chrome")
}

// Code waits for the code that the app shows and returns it without a dash.
func (a *Actor) Code(ctx context.Context) (string, error) {
	var code string
	err := WaitFor(ctx, patience, "a code", func() error {
		e, err := a.usable([]string{"code"})
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

// TypeCode types a code as people do, in small letters with a dash, and waits until it can be sent.
func (a *Actor) TypeCode(ctx context.Context, code string) error {
	if err := a.Press(ctx, "join.field"); err != nil {
		return err
	}
	code = strings.ToLower(code)
	if err := a.Bot.Type(code[:4] + "-" + code[4:]); err != nil {
		return err
	}
	return a.Drawn(ctx, "join.go")
}

// Shows says whether much of the actor's screen has a colour now.
func (a *Actor) Shows(colour uint32) bool {
	img, err := a.Bot.Picture()
	if err != nil {
		return false
	}
	n, _ := pixels(img, colour)
	return n > 1000
}

// Shown is where on the actor's screen a colour is to be seen: the box around all its pixels.
// It waits until there are at least count.
func (a *Actor) Shown(ctx context.Context, colour uint32, count int) (image.Rectangle, error) {
	var box image.Rectangle
	err := WaitFor(ctx, patience, fmt.Sprintf("colour %06x on the %s's display", colour, a.Name), func() error {
		img, err := a.Bot.Picture()
		if err != nil {
			return err
		}
		var n int
		if n, box = pixels(img, colour); n < count {
			return screenbot.ErrNotThere
		}
		return nil
	})
	return box, err
}

// pixels counts those of a colour, and says which box is around them.
func pixels(img *image.RGBA, colour uint32) (n int, box image.Rectangle) {
	for y := img.Rect.Min.Y; y < img.Rect.Max.Y; y++ {
		row := img.Pix[img.PixOffset(img.Rect.Min.X, y):]
		for x := range img.Rect.Dx() {
			if p := row[4*x : 4*x+3]; uint32(p[0])<<16|uint32(p[1])<<8|uint32(p[2]) == colour {
				box = box.Union(image.Rect(x, y, x+1, y+1))
				n++
			}
		}
	}
	return n, box
}
