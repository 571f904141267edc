package ui

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"io/fs"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"beside/assets"
)

func TestButton(t *testing.T) {
	setup(t)
	n, open := 0, true
	b := Btn(Filled, "check", "allow", "Allow", func() { n++ })
	w := test.NewTempWindow(t, b)
	w.Canvas().Focus(b)
	for _, k := range []fyne.KeyName{fyne.KeyReturn, fyne.KeyEnter, fyne.KeySpace} {
		b.TypedKey(&fyne.KeyEvent{Name: k})
	}
	test.Tap(b)
	if n != 4 {
		t.Errorf("pressed %d times, want 4", n)
	}
	b.Guard = func() bool { return open }
	open = false
	b.TypedKey(&fyne.KeyEvent{Name: fyne.KeyReturn})
	b.MouseDown(nil)
	open = true
	b.Tapped(nil)
	if n != 4 {
		t.Error("a click that began while the guard was closed presses")
	}
	if open = false; !b.AcceptsTab() {
		t.Error("Tab goes on while the guard is closed")
	}
	open = true
	b.MouseDown(nil)
	b.Tapped(nil)
	if n != 5 || b.AcceptsTab() {
		t.Error("the guard does not open")
	}
	b.SetDisabled(true)
	test.Tap(b)
	b.TypedKey(&fyne.KeyEvent{Name: fyne.KeyReturn})
	if n != 5 {
		t.Error("a disabled button presses")
	}
	if i := b.Info(); i.ID != "allow" || i.Label != "Allow" || !i.Disabled || i.Role != "button" {
		t.Errorf("info %+v", i)
	}
	esc := 0
	w.Canvas().SetOnTypedKey(func(*fyne.KeyEvent) { esc++ })
	b.TypedKey(&fyne.KeyEvent{Name: fyne.KeyEscape})
	if esc != 1 {
		t.Error("Esc does not reach the window")
	}
}

func TestModes(t *testing.T) {
	setup(t)
	g := NewModeGroup(Mode{ID: "a", Title: "A"}, Mode{ID: "b", Title: "B", Off: true, Why: "not in your role"}, Mode{ID: "c", Title: "C"})
	w := test.NewTempWindow(t, VStack(4, g.Cards()...))
	first := g.cards[0]
	w.Canvas().Focus(first)
	first.TypedKey(&fyne.KeyEvent{Name: fyne.KeyDown})
	if g.Chosen() != 2 {
		t.Errorf("down: %d, want 2: what is not offered is skipped", g.Chosen())
	}
	if w.Canvas().Focused() != g.cards[2] {
		t.Error("the keyboard does not follow")
	}
	test.Tap(g.cards[1])
	if g.Chosen() != 2 {
		t.Error("a mode that is not offered can be chosen")
	}
	g.Lock(true)
	test.Tap(first)
	if g.Chosen() != 2 {
		t.Error("locked, but chosen")
	}
	if NewModeGroup(Mode{Off: true}).Chosen() != -1 {
		t.Error("nothing is offered, but something chosen")
	}
	if NewModeGroup(Mode{Off: true}, Mode{}).Chosen() != 1 {
		t.Error("the first on offer is not chosen")
	}
}

func TestAvatar(t *testing.T) {
	setup(t)
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, 4, 4))); err != nil {
		t.Fatal(err)
	}
	big := bytes.Buffer{}
	if err := png.Encode(&big, image.NewGray(image.Rect(0, 0, maxPhotoSide+1, 1))); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		in   []byte
		want bool
	}{"none": {nil, false}, "png": {b.Bytes(), true}, "garbage": {[]byte("x"), false}, "cut": {b.Bytes()[:20], false}, "huge": {big.Bytes(), false}} {
		if got := decodePhoto(c.in) != nil; got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
	if first := hueOf("a"); first != hueOf("a") {
		t.Error("the colour of a person changes")
	}
}

func FuzzPhoto(f *testing.F) {
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, 2, 2))); err != nil {
		f.Fatal(err)
	}
	f.Add(b.Bytes())
	f.Add([]byte("\xff\xd8\xff"))
	f.Fuzz(func(t *testing.T, raw []byte) { decodePhoto(raw) })
}

func TestEveryIconDraws(t *testing.T) {
	setup(t)
	files, err := fs.Glob(assets.Icons, "icons/*.svg")
	if err != nil || len(files) < 40 {
		t.Fatalf("%d icons, %v", len(files), err)
	}
	for _, f := range files {
		i := Icon(strings.TrimSuffix(strings.TrimPrefix(f, "icons/"), ".svg"), Text1, 48)
		w := test.NewTempWindow(t, i)
		w.SetPadded(false)
		w.Resize(fyne.NewSquareSize(48))
		ink := 0
		im := w.Canvas().Capture()
		bg := im.At(0, 0)
		for y := im.Bounds().Min.Y; y < im.Bounds().Max.Y; y++ {
			for x := im.Bounds().Min.X; x < im.Bounds().Max.X; x++ {
				if im.At(x, y) != bg {
					ink++
				}
			}
		}
		all := im.Bounds().Dx() * im.Bounds().Dy()
		if ink < all/60 || ink > all*6/10 { // nothing, or a blob
			t.Errorf("%s: %d of %d pixels", f, ink, all)
		}
	}
}

func TestDrawsOnlyWhatChanged(t *testing.T) {
	setup(t)
	c := NewMeterChip(nil)
	test.NewTempWindow(t, c)
	r, ok := test.WidgetRenderer(c).(*painted)
	if !ok {
		t.Fatal("no renderer")
	}
	f := Figures{Stages: [5]float64{1, 1, 10, 1, 1}}
	c.Set(f)
	before := r.objects
	f.Stages[0] = 1.1 // the text stays "14 ms"
	c.Set(f)
	if &before[0] != &r.objects[0] {
		t.Error("the meter was drawn though it says the same")
	}
	if w0 := c.MinSize(); w0 != func() fyne.Size { c.Set(Figures{Stages: [5]float64{100}}); return c.MinSize() }() {
		t.Error("the meter changes its width with its figures")
	}
}

func TestThemeChangeRecolours(t *testing.T) {
	setup(t)
	b := NewBox(Bg, "", 0)
	w := test.NewTempWindow(t, VStack(0, Fixed(0, 50, b)))
	w.Resize(fyne.NewSquareSize(50))
	dark, err := NewTheme(LookDark)
	if err != nil {
		t.Fatal(err)
	}
	test.ApplyTheme(t, dark)
	got := color.NRGBAModel.Convert(w.Canvas().Capture().At(25, 25))
	if got != rgb(palette[Bg][1]) {
		t.Errorf("still %v", got)
	}
}
