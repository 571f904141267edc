package main

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"html/template"
	"image"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"beside/internal/proc"
	"beside/internal/screenbot"
	"beside/internal/stage"
)

//go:embed guide.html
var guideFile embed.FS

// guideData is what the page and the terminal say.
type guideData struct {
	Lang, Helper, HelperName, Sharer, SharerName string
	NL                                           bool
}

// guide opens two windows on the person's own display and shows them what to do, until they
// have closed both windows or end the demo.
func guide(ctx context.Context, g *proc.Group, o options) error {
	e, err := stage.StartEndpoint(ctx, g, stage.EndpointOptions{
		Binary: o.program("beside-endpoint-dev"), Data: filepath.Join(o.work, "endpoint"), State: "noncompliant",
	})
	if err != nil {
		return err
	}
	d := guideData{Lang: o.lang, NL: o.lang == "nl", Helper: helperUser(e, o), Sharer: sharerUser(e, o)}
	d.HelperName, d.SharerName = given(d.Helper), given(d.Sharer)

	address, err := serveGuide(ctx, d)
	if err != nil {
		return err
	}
	var apps []*stage.App
	for _, role := range []string{"helper", "sharer"} {
		var args []string
		if b := rootBrowser(o, role); b != nil {
			args = []string{"-browser", strings.Join(b, " ")}
		}
		app, err := stage.StartApp(g, e, stage.AppOptions{
			Name: role, Binary: o.program("beside-dev"), Home: filepath.Join(o.work, role), Lang: o.lang, Dark: o.dark, Args: args,
		})
		if err != nil {
			return err
		}
		apps = append(apps, app)
	}
	open := rootBrowser(o, "guide")
	if open == nil {
		open = []string{"xdg-open"}
	}
	if _, err := g.Start(proc.Spec{Name: "guide", Argv: append(open, address)}); err != nil {
		fmt.Println("Open the guide yourself:", address)
	}
	printGuide(d, address)
	go arrange(ctx, apps)
	for _, a := range apps {
		select {
		case <-a.Process.Done():
		case <-e.Process.Done():
			return errors.New("the endpoint ended")
		case <-ctx.Done():
			return nil
		}
	}
	return nil
}

// rootBrowser is the command that opens a page for root, whom Chromium refuses otherwise; nil for
// everybody else, who has a browser of their own.
func rootBrowser(o options, name string) []string {
	if os.Geteuid() != 0 {
		return nil
	}
	return strings.Fields(o.self("browser", "-profile", filepath.Join(o.work, name, "browser"), "-lang", o.lang))
}

// arrange puts the two windows side by side. A window manager may not let us; then a person
// moves them.
func arrange(ctx context.Context, apps []*stage.App) {
	bot, err := screenbot.Open("")
	if err != nil {
		return
	}
	defer bot.Close()
	width := bot.Size().X
	for i, a := range apps {
		_ = stage.WaitFor(ctx, time.Minute, "a window", func() error {
			ws, err := bot.Windows()
			if err != nil {
				return err
			}
			for _, w := range ws {
				if w.PID == a.Process.PID {
					return bot.Place(w.ID, image.Pt((2*i+1)*width/4-w.Rect.Dx()/2, 80), image.Point{})
				}
			}
			return screenbot.ErrNotThere
		})
	}
}

// printGuide says in the terminal what the page says.
func printGuide(d guideData, address string) {
	if d.NL {
		fmt.Printf(`
Beside: demo zonder account. Er staan twee vensters open; dezelfde uitleg staat op %s

  1. Het ene venster (1):  Iemand helpen, en meld je in de browser aan als %s.
  2. Het andere (2):       Hulp krijgen, en meld je aan als %s.
  3. Venster 2:            typ de code die venster 1 toont, en kies Verder.
  4. Venster 1:            lees wie het is en wat er over het apparaat bekend is, en vraag toestemming.
  5. Venster 2:            lees wie wat vraagt, en kies Toestaan (of Weigeren).
  6. Venster 1:            je ziet het scherm; met besturing werken muis en toetsenbord daar.
  7. Stop in een van beide, of met Ctrl+Shift+Backspace.

Ctrl+C beëindigt de demo.
`, address, d.Helper, d.Sharer)
		return
	}
	fmt.Printf(`
Beside: the demo, without any account. Two windows are open; the same guide is at %s

  1. One window (1):     Help someone, then sign in in the browser as %s.
  2. The other (2):      Get help, then sign in as %s.
  3. Window 2:           type the code that window 1 shows, and choose Continue.
  4. Window 1:           read who it is and what is known about the device, then ask.
  5. Window 2:           read who asks for what, then Allow (or Decline).
  6. Window 1:           you see the screen; with full control, mouse and keyboard work there.
  7. End it in either, or with Ctrl+Shift+Backspace.

Ctrl+C ends the demo.
`, address, d.Helper, d.Sharer)
}

// serveGuide serves the page on the loopback until ctx ends, and returns its address.
func serveGuide(ctx context.Context, d guideData) (string, error) {
	page, err := template.ParseFS(guideFile, "guide.html")
	if err != nil {
		return "", err
	}
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'")
		_ = page.Execute(w, d) // the browser has gone
	})
	srv := &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second}
	go srv.Serve(l) //nolint:errcheck // ends by Close
	context.AfterFunc(ctx, func() { srv.Close() })
	return "http://" + l.Addr().String() + "/", nil
}
