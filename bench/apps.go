package main

import (
	"context"
	"errors"
	"fmt"
	"image"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"beside/internal/pause"
	"beside/internal/proc"
	"beside/internal/screenbot"
	"beside/internal/stage"
)

// What real programs do; the keys of their rows.
const (
	appEditor  = "editor"
	appBrowser = "browser"
	appDrag    = "drag"
	appSwitch  = "switch"
)

var (
	appAt   = image.Pt(100, 80)
	appSize = image.Pt(1300, 800)
	// appRect is watched: inside the programs' windows, left of where the pointer rests.
	appRect  = image.Rect(130, 140, 1290, 844)
	appPoint = image.Pt(1340, 480)
)

// apps starts a real editor and a real browser on the sharer's display, works with them,
// and says how far the helper's picture was behind in each.
func (v *view) apps(ctx context.Context, s *scene) (map[string]lagResult, error) {
	bot, err := screenbot.Open(s.sharer)
	if err != nil {
		return nil, err
	}
	defer bot.Close()
	dir := filepath.Join(s.work, fmt.Sprintf("apps-%d", s.runs))
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	editor, err := s.open(ctx, bot, "mousepad", dir, "--disable-server", filepath.Join(dir, "letter.txt"))
	if err != nil {
		return nil, err
	}
	defer editor.process.Stop()
	page := filepath.Join(dir, "page.html")
	if err := os.WriteFile(page, []byte(webPage()), 0o600); err != nil {
		return nil, err
	}
	program, err := browserProgram()
	if err != nil {
		return nil, err
	}
	browser, err := s.open(ctx, bot, program, dir, "--no-sandbox", "--no-first-run", "--disable-gpu", "--disable-sync",
		"--disable-extensions", "--disable-component-update", "--disable-background-networking", "--password-store=basic",
		"--user-data-dir="+filepath.Join(dir, "profile"), "--app=file://"+page)
	if err != nil {
		return nil, err
	}
	defer browser.process.Stop()
	if err := bot.Move(appPoint); err != nil {
		return nil, err
	}
	out := map[string]lagResult{}
	for _, w := range []struct {
		name  string
		front *opened
		act   func() error
	}{
		{appBrowser, browser, func() error { return scrollWheel(ctx, bot) }},
		{appEditor, editor, func() error { return typeText(ctx, bot) }},
		{appDrag, editor, func() error { return drag(ctx, bot, editor.window) }},
		{appSwitch, editor, func() error { return swap(ctx, bot, browser.window, editor.window) }},
	} {
		if err := bot.Activate(w.front.window.ID); err != nil {
			return nil, err
		}
		if err := pause.For(ctx, 1500*time.Millisecond); err != nil {
			return nil, err
		}
		if _, err := v.settle(ctx, appRect, waitLimit); err != nil && !errors.Is(err, errUnseen) {
			return nil, err
		}
		rec, err := v.record(ctx, appRect, 1500*time.Millisecond, w.act)
		if err != nil {
			return nil, err
		}
		out[w.name] = rec.lag()
		if n := out[w.name].changes; n < 5 {
			return nil, fmt.Errorf("%s: the sharer's display changed only %d times", w.name, n)
		}
	}
	return out, nil
}

// opened is a started program and its window.
type opened struct {
	process *proc.Process
	window  screenbot.Window
}

// open starts a program on the sharer's display and puts its window in its place.
func (s *scene) open(ctx context.Context, bot *screenbot.Bot, name, home string, args ...string) (*opened, error) {
	before, err := bot.Windows()
	if err != nil {
		return nil, err
	}
	known := map[uint32]bool{}
	for _, w := range before {
		known[uint32(w.ID)] = true
	}
	p := &opened{}
	p.process, err = s.g.Start(proc.Spec{
		Name: filepath.Base(name), Argv: append([]string{name}, args...),
		Env: []string{"DISPLAY=" + s.sharer, "HOME=" + home, "XDG_CONFIG_HOME=" + home, "GTK_THEME=Adwaita"},
	})
	if err != nil {
		return nil, err
	}
	err = stage.WaitFor(ctx, 40*time.Second, "the window of "+filepath.Base(name), func() error {
		ws, err := bot.Windows()
		if err != nil {
			return err
		}
		for _, w := range ws {
			if !known[uint32(w.ID)] && w.Rect.Dx() > 200 {
				p.window = w
				return nil
			}
		}
		return screenbot.ErrNotThere
	})
	if err == nil {
		err = bot.Place(p.window.ID, appAt, appSize)
	}
	if err == nil {
		err = pause.For(ctx, 2*time.Second)
	}
	return p, err
}

func browserProgram() (string, error) {
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", errors.New("neither Chromium nor Chrome is installed")
}

// each calls act n times, every so often.
func each(ctx context.Context, n int, every time.Duration, act func(i int) error) error {
	next := time.Now()
	for i := range n {
		if err := pause.For(ctx, time.Until(next)); err != nil {
			return err
		}
		if err := act(i); err != nil {
			return err
		}
		next = later(next.Add(every), time.Now())
	}
	return nil
}

// scrollWheel turns the wheel down for two seconds and up again; the browser scrolls smoothly.
func scrollWheel(ctx context.Context, bot *screenbot.Bot) error {
	return each(ctx, 40, 100*time.Millisecond, func(i int) error {
		button := byte(5)
		if i >= 25 {
			button = 4
		}
		if err := bot.Button(button, true); err != nil {
			return err
		}
		return bot.Button(button, false)
	})
}

// typeText types ten characters a second.
func typeText(ctx context.Context, bot *screenbot.Bot) error {
	text := "dear all, the quarterly figures are in\n"
	return each(ctx, len(text), 100*time.Millisecond, func(i int) error { return bot.Type(text[i : i+1]) })
}

// drag moves a window along a line and back, sixty steps a second, as a mouse would.
func drag(ctx context.Context, bot *screenbot.Bot, w screenbot.Window) error {
	return each(ctx, 120, time.Second/60, func(i int) error {
		step := min(i, 119-i)
		return bot.Place(w.ID, appAt.Add(image.Pt(6*step, 3*step)), image.Point{})
	})
}

// swap brings one of two windows to the front, then the other.
func swap(ctx context.Context, bot *screenbot.Bot, a, b screenbot.Window) error {
	return each(ctx, 8, 600*time.Millisecond, func(i int) error {
		if i%2 == 0 {
			return bot.Activate(a.ID)
		}
		return bot.Activate(b.ID)
	})
}

// webPage is a long page with headings, text, colours and tables, that needs no network.
func webPage() string {
	var b strings.Builder
	b.WriteString(`<!doctype html><meta charset="utf-8"><title>Report</title><style>
html{scroll-behavior:smooth}body{font:16px/1.5 sans-serif;margin:2em 12em 2em 3em;color:#222}
.b{height:160px;border-radius:12px;background:linear-gradient(120deg,#275dad,#7fb7be 50%,#f2c14e)}
td{border:1px solid #ccc;padding:.3em .8em}</style>`)
	for i := range 60 {
		fmt.Fprintf(&b, "<h2>%d. The figures of week %d</h2><p>", i+1, i+1)
		for k := range 60 {
			fmt.Fprintf(&b, "Row %d of section %d says %d. ", k, i, (k*7919+i*104729)%9973)
		}
		b.WriteString("<table>")
		for k := range 6 {
			fmt.Fprintf(&b, "<tr><td>Item %d<td>%d<td>%d", k, (i+1)*(k+3)*17%997, (i+5)*(k+1)*31%997)
		}
		b.WriteString(`</table>`)
		if i%3 == 0 {
			b.WriteString(`<p class="b">`)
		}
	}
	return b.String()
}
