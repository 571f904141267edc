package stage_test

import (
	"errors"
	"image"
	"os"
	"path/filepath"
	"testing"
	"time"

	"beside/internal/proc"
	"beside/internal/screenbot"
	"beside/internal/stage"
)

// TestPersonBeforeADisplay types into a real terminal through XTEST and looks at the result.
func TestPersonBeforeADisplay(t *testing.T) {
	g, err := proc.New(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer g.Close()
	display, err := stage.StartDisplay(t.Context(), g, "test", image.Pt(800, 600))
	if err != nil {
		t.Fatal(err)
	}
	bot, err := screenbot.Open(display)
	if err != nil {
		t.Fatal(err)
	}
	defer bot.Close()
	if bot.Size() != image.Pt(800, 600) {
		t.Errorf("size %v", bot.Size())
	}
	file := filepath.Join(t.TempDir(), "typed")
	if _, err := g.Start(proc.Spec{
		Name: "xterm", Argv: []string{"xterm", "-T", "target", "-e", "cat > " + file},
		Env: []string{"DISPLAY=" + display},
	}); err != nil {
		t.Fatal(err)
	}
	var win screenbot.Window
	if err := stage.WaitFor(t.Context(), 20*time.Second, "the terminal", func() error {
		ws, err := bot.Windows()
		if err != nil {
			return err
		}
		for _, w := range ws {
			if w.Title == "target" {
				win = w
				return nil
			}
		}
		return screenbot.ErrNotThere
	}); err != nil {
		t.Fatal(err)
	}
	if win.Class != "XTerm" {
		t.Errorf("class %q, want XTerm", win.Class)
	}
	before, err := bot.Picture()
	if err != nil {
		t.Fatal(err)
	}
	if got := before.RGBAAt(799, 599); got.R != 0x4a || got.G != 0x6a || got.B != 0x8a {
		t.Errorf("desktop is %v, want 4a6a8a", got)
	}
	if err := bot.Activate(win.ID); err != nil {
		t.Fatal(err)
	}
	if err := bot.Click(win.Rect.Min.Add(image.Pt(40, 40))); err != nil {
		t.Fatal(err)
	}
	const want = "Hello, World! 42 (a-z_A-Z) \"quoted\"\n"
	if err := bot.Type(want); err != nil {
		t.Fatal(err)
	}
	if err := stage.WaitFor(t.Context(), 10*time.Second, "the text", func() error {
		b, err := os.ReadFile(file)
		if err == nil && string(b) != want {
			err = errors.New("typed " + string(b))
		}
		return err
	}); err != nil {
		t.Error(err)
	}
	after, err := bot.Look(win.Rect)
	if err != nil {
		t.Fatal(err)
	}
	same := true
	for y := after.Rect.Min.Y; y < after.Rect.Max.Y && same; y++ {
		for x := after.Rect.Min.X; x < after.Rect.Max.X && same; x++ {
			same = before.RGBAAt(x, y) == after.RGBAAt(x, y)
		}
	}
	if same {
		t.Error("the picture of the terminal did not change")
	}
	if err := bot.Type("Ж"); !errors.Is(err, screenbot.ErrKey) {
		t.Errorf("typing a character without a key: %v, want ErrKey", err)
	}
}
