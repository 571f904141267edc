package ui

import (
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/test"
)

func key(n fyne.KeyName) *fyne.KeyEvent { return &fyne.KeyEvent{Name: n} }

func typeInto(f *TextField, s string) {
	for _, r := range s {
		f.TypedKey(key(fyne.KeyName(strings.ToUpper(string(r))))) // Fyne tells both
		f.TypedRune(r)
	}
}

func TestTextField(t *testing.T) {
	test.NewTempApp(t)
	for name, c := range map[string]struct {
		do   func(f *TextField)
		want string
	}{
		"typed":         {func(f *TextField) { typeInto(f, "Één €5") }, "Één €5"},
		"backspace":     {func(f *TextField) { typeInto(f, "ab€"); f.TypedKey(key(fyne.KeyBackspace)) }, "ab"},
		"in the middle": {func(f *TextField) { typeInto(f, "ac"); f.TypedKey(key(fyne.KeyLeft)); typeInto(f, "b") }, "abc"},
		"home, delete":  {func(f *TextField) { typeInto(f, "abc"); f.TypedKey(key(fyne.KeyHome)); f.TypedKey(key(fyne.KeyDelete)) }, "bc"},
		"new line": {func(f *TextField) {
			typeInto(f, "a")
			f.KeyDown(key(desktop.KeyShiftLeft))
			f.TypedKey(key(fyne.KeyReturn))
			f.KeyUp(key(desktop.KeyShiftLeft))
			typeInto(f, "b")
		}, "a\nb"},
		"empty, erased":   {func(f *TextField) { f.TypedKey(key(fyne.KeyBackspace)); f.TypedKey(key(fyne.KeyDelete)) }, ""},
		"too much":        {func(f *TextField) { f.SetText(strings.Repeat("é", 30)) }, strings.Repeat("é", 10)},
		"pasted controls": {func(f *TextField) { f.SetText("a\x1b\tb\r\nc") }, "a b\nc"},
		"disabled":        {func(f *TextField) { f.Disable(); typeInto(f, "x") }, ""},
	} {
		t.Run(name, func(t *testing.T) {
			f := NewTextField("f", "hint", 20)
			c.do(f)
			if f.Text() != c.want {
				t.Errorf("got %q, want %q", f.Text(), c.want)
			}
		})
	}
}

// While somebody writes, no letter is a key of the window; Enter and Esc are the field's.
func TestTextFieldKeepsItsKeys(t *testing.T) {
	test.NewTempApp(t)
	f := NewTextField("f", "hint", 100)
	w := test.NewTempWindow(t, f)
	var window, done, escape int
	w.Canvas().SetOnTypedKey(func(*fyne.KeyEvent) { window++ })
	f.OnDone, f.OnEscape = func() { done++ }, func() { escape++ }
	typeInto(f, "the end")
	f.TypedKey(key(fyne.KeyReturn))
	f.TypedKey(key(fyne.KeyEscape))
	if window != 0 || done != 1 || escape != 1 {
		t.Errorf("the window got %d keys; done %d, escape %d", window, done, escape)
	}
}

// However the text is wrapped, nothing of it is lost and the caret is where it is.
func TestTextFieldWraps(t *testing.T) {
	test.NewTempApp(t)
	for _, s := range []string{"", "a", "one two three four five six", strings.Repeat("w", 80), "a\n\nb", "ends in a space ", strings.Repeat("ab ", 40)} {
		f := NewTextField("f", "", 4096)
		f.SetText(s)
		for f.at = 0; f.at <= len(f.text); f.at++ {
			lines, row, col := f.wrap(100)
			n := 0
			for i, l := range lines {
				if i == row {
					n += col
					break
				}
				n += len(l)
				if n < len(f.text) && (f.text[n] == '\n' || f.text[n] == ' ') {
					n++
				}
			}
			if n != f.at {
				t.Fatalf("%q: the caret is at %d, not %d", s, n, f.at)
			}
		}
		lines, _, _ := f.wrap(100)
		n := 0
		for _, l := range lines {
			n += len(l)
		}
		if gone := len(f.text) - n; gone > len(lines)-1 {
			t.Errorf("%q: %d characters are lost in %d lines", s, gone, len(lines))
		}
	}
}
