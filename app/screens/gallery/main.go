//go:build dev

package main

import (
	"flag"
	"fmt"
	"image/png"
	"os"
	"path/filepath"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/app"
	"fyne.io/fyne/v2/driver/software"
	"fyne.io/fyne/v2/test"

	"beside/app/screens"
	"beside/app/ui"
)

func main() {
	out := flag.String("out", "", "folder for the pictures")
	lang := flag.String("lang", "en", "en or nl")
	dark := flag.Bool("dark", false, "dark variant")
	only := flag.String("only", "", "names that begin so")
	show := flag.String("show", "", "show this one in a window instead")
	width := flag.Int("width", 0, "another width than the usual")
	flag.Parse()
	f := run
	if *show == "" { // Fyne's test driver wants to be called from any goroutine but the first
		f = func(o, l, n, s string, d bool, w float32) error {
			done := make(chan error)
			go func() { done <- run(o, l, n, s, d, w) }()
			return <-done
		}
	}
	if err := f(*out, *lang, *only, *show, *dark, float32(*width)); err != nil {
		fmt.Fprintln(os.Stderr, "gallery:", err)
		os.Exit(1)
	}
}

func run(out, lang, only, show string, dark bool, width float32) error {
	look := ui.LookLight
	if dark {
		look = ui.LookDark
	}
	th, err := ui.NewTheme(look)
	if err != nil {
		return err
	}
	if err := ui.SetLanguage(lang); err != nil {
		return err
	}
	if show != "" {
		a := app.NewWithID("io.beside.gallery")
		a.Settings().SetTheme(th)
		for _, s := range samples() {
			if s.name == show {
				sc := s.make()
				w := a.NewWindow("Beside")
				w.SetPadded(false)
				w.SetContent(sc.Object)
				w.Resize(sc.Size)
				if sc.Focus != nil {
					w.Canvas().Focus(sc.Focus)
				}
				w.Canvas().SetOnTypedKey(func(e *fyne.KeyEvent) {
					if e.Name == fyne.KeyEscape && sc.Escape != nil {
						sc.Escape()
					}
				})
				w.ShowAndRun()
				return nil
			}
		}
		return fmt.Errorf("no page %q", show)
	}
	a := test.NewApp()
	a.Settings().SetTheme(th)
	if err := os.MkdirAll(out, 0o755); err != nil {
		return err
	}
	for _, s := range samples() {
		if !strings.HasPrefix(s.name, only) {
			continue
		}
		var err error
		fyne.DoAndWait(func() { err = save(filepath.Join(out, s.name+".png"), s.make(), th, width) })
		if err != nil {
			return err
		}
	}
	return nil
}

func save(path string, sc screens.Screen, th fyne.Theme, width float32) error {
	if width > 0 {
		sc.Size.Width = width
	}
	c := software.NewTransparentCanvas()
	c.SetPadded(false)
	c.SetContent(sc.Object)
	c.Resize(sc.Size)
	if sc.Focus != nil {
		c.Focus(sc.Focus)
	}
	if need := ui.HeightOf(sc.Object, sc.Size.Width); need > sc.Size.Height+0.5 {
		fmt.Printf("%s: needs %.0f of %.0f\n", filepath.Base(path), need, sc.Size.Height)
	}
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer f.Close()
	return png.Encode(f, software.RenderCanvas(c, th))
}
