package ui

import (
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
)

func TestCodeEntryIsForgiving(t *testing.T) {
	setup(t)
	for name, c := range map[string]struct {
		in, want string
		bad      rune
	}{
		"plain":       {"7KQMT4VD", "7KQMT4VD", 0},
		"small":       {"7kqm-t4vd", "7KQMT4VD", 0},
		"spaces":      {" 7K QM – T4 VD ", "7KQMT4VD", 0},
		"link":        {"beside://join#7kqm-t4vd", "7KQMT4VD", 0},
		"link caps":   {"BESIDE://JOIN#7KQMT4VD", "7KQMT4VD", 0},
		"ten":         {"7KQMT4VDXY", "7KQMT4VDXY", 0},
		"letter O":    {"7KQO", "7KQ", 'O'},
		"zero":        {"0", "", '0'},
		"other link":  {"https://evil.example/#7KQMT4VD", "H", 't'},
		"too long":    {strings.Repeat("7", 50), strings.Repeat("7", CodeMax), 0},
		"not ascii":   {"7é", "7", 'É'},
		"kelvin sign": {"\u212A", "", '\u212A'},
		"empty":       {"", "", 0},
	} {
		t.Run(name, func(t *testing.T) {
			e := NewCodeEntry()
			var bad rune
			e.OnWrong = func(r rune) { bad = r }
			e.SetText(c.in)
			if c.bad == 't' {
				c.bad = bad // H and T are symbols: the first wrong one is what counts
				if bad == 0 || e.Complete() {
					t.Errorf("a foreign link became %q", e.Value())
				}
				return
			}
			if e.Value() != c.want || bad != c.bad {
				t.Errorf("got %q, %q; want %q, %q", e.Value(), bad, c.want, c.bad)
			}
		})
	}
}

func TestCodeEntryKeys(t *testing.T) {
	setup(t)
	e := NewCodeEntry()
	done, complete := 0, false
	e.OnDone = func() { done++ }
	e.OnChanged = func(_ string, c bool) { complete = c }
	w := test.NewTempWindow(t, e)
	w.Canvas().Focus(e)
	test.Type(e, "7kqm-t4v")
	e.TypedKey(&fyne.KeyEvent{Name: fyne.KeyReturn})
	if done != 0 || complete {
		t.Error("Enter in an incomplete code goes on")
	}
	test.Type(e, "d")
	e.TypedKey(&fyne.KeyEvent{Name: fyne.KeyReturn})
	if done != 1 || !complete {
		t.Error("Enter in a complete code does not go on")
	}
	e.TypedKey(&fyne.KeyEvent{Name: fyne.KeyBackspace})
	if e.Value() != "7KQMT4V" || complete {
		t.Errorf("Backspace: %q", e.Value())
	}
	test.Type(e, "o")
	e.TypedKey(&fyne.KeyEvent{Name: fyne.KeyBackspace})
	if e.Value() != "7KQMT4V" {
		t.Errorf("Backspace after a wrong character takes a right one: %q", e.Value())
	}
	e.SetText("7KQMT4VD")
	e.SetWrong(true)
	e.TypedKey(&fyne.KeyEvent{Name: fyne.KeyReturn})
	if done != 1 {
		t.Error("a refused code can be sent again")
	}
	test.Type(e, "x")
	if e.Value() != "X" {
		t.Errorf("the next key does not empty a refused code: %q", e.Value())
	}
	e.SetDisabled(true)
	test.Type(e, "y")
	if e.Value() != "X" {
		t.Error("typing while checking changes the code")
	}
	e.SetDisabled(false)
	cb := fyne.CurrentApp().Clipboard()
	cb.SetContent("beside://join#BCDF-GHJK")
	e.TypedShortcut(&fyne.ShortcutPaste{Clipboard: cb})
	if e.Value() != "BCDFGHJK" {
		t.Errorf("paste: %q", e.Value())
	}
}

func FuzzCodeEntry(f *testing.F) {
	for _, s := range []string{"7KQM-T4VD", "beside://join#7KQMT4VD", "beside://join#-x", "\x00\xff", "beside://join#" + strings.Repeat("7", 9999)} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		e := &CodeEntry{}
		e.ExtendBaseWidget(e)
		e.SetText(s)
		if len(e.Value()) > CodeMax || strings.Trim(e.Value(), CodeAlphabet) != "" {
			t.Errorf("%q -> %q", s, e.Value())
		}
	})
}

func TestFormatCode(t *testing.T) {
	for in, want := range map[string]string{"": "", "7KQM": "7KQM", "7KQMT4VD": "7KQM-T4VD", "7KQMT4VDXY": "7KQM-T4VDXY"} {
		if got := FormatCode(in); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
