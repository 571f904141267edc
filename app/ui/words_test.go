package ui

import (
	"strings"
	"testing"
	"unicode/utf8"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
)

func setup(t *testing.T) {
	t.Helper()
	a := test.NewTempApp(t)
	th, err := NewTheme(LookLight)
	if err != nil {
		t.Fatal(err)
	}
	a.Settings().SetTheme(th)
	if err := SetLanguage("en"); err != nil {
		t.Fatal(err)
	}
}

func TestLanguage(t *testing.T) {
	defer func() { _ = SetLanguage("en") }()
	for lang, want := range map[string]string{"en": "Hello Sam", "nl": "Hallo Sam"} {
		if err := SetLanguage(lang); err != nil {
			t.Fatal(err)
		}
		if got := T("start.title.in", M{"name": "Sam"}); got != want {
			t.Errorf("%s: got %q, want %q", lang, got, want)
		}
	}
	if got := Decimal(13.6, 1); got != "13,6" && Language() == "nl" {
		t.Errorf("decimal: %q", got)
	}
	if err := SetLanguage("xx"); err == nil {
		t.Error("an unknown language is accepted")
	}
	if err := SetLanguage(""); err != nil {
		t.Errorf("the desktop's language: %v", err)
	}
	if got := T("no.such.key"); got != "no.such.key" {
		t.Errorf("missing key: %q", got)
	}
}

func TestClean(t *testing.T) {
	for name, c := range map[string][2]string{
		"plain":        {"Sam Rivers", "Sam Rivers"},
		"arabic":       {"نور الدين", "نور الدين"},
		"bidi":         {"Sam\u202Eevil\u202C \u2066x\u2069", "Samevil x"},
		"zero width":   {"S\u200Ba\u200Dm\uFEFF", "Sam"},
		"control":      {"Sam\x00\nRivers\t", "Sam Rivers"},
		"blank filler": {"\u3164Sam\u2800", "Sam"},
		"spaces":       {"  Sam \u00A0 Rivers  ", "Sam Rivers"},
		"nothing":      {"\u200B\u202E", ""},
	} {
		if got := Clean(c[0]); got != c[1] {
			t.Errorf("%s: got %q, want %q", name, got, c[1])
		}
	}
	if n := utf8.RuneCountInString(Clean(strings.Repeat("a", 1000))); n != maxName {
		t.Errorf("length %d", n)
	}
}

func TestInitials(t *testing.T) {
	for name, want := range map[string]string{"Sam Rivers": "SR", "noa": "N", "": "?", "Jan van den Berg": "JB", "نور الدين": "نا", "\u202E": "?", "(x) y": "XY"} {
		if got := Initials(name); got != want {
			t.Errorf("%q: got %q, want %q", name, got, want)
		}
	}
}

func FuzzClean(f *testing.F) {
	for _, s := range []string{"Sam", "\u202E\u2066x", "\xff\xfe", strings.Repeat("é", 300), "\u3164"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := Clean(s)
		if utf8.RuneCountInString(got) > maxName || got != Clean(got) || strings.ContainsAny(got, "\n\r\t\u202E\u200B\u2066") {
			t.Errorf("%q -> %q", s, got)
		}
		Initials(s)
	})
}

func TestWordsNeverLeaveTheirWidth(t *testing.T) {
	setup(t)
	for name, s := range map[string]string{
		"sentence":  "Someone from your help desk looks at your screen with you.",
		"long word": strings.Repeat("Donaudampfschiff", 6),
		"hyphen":    "Oudenhoven-Schimmelpenninck",
		"domain":    "shared-services.international.halden.example",
		"arabic":    strings.Repeat("مرحبا بك ", 12),
		"empty":     "",
	} {
		for _, w := range []float32{60, 120, 312} {
			p := P(s, Title, Text1)
			joined := ""
			for _, l := range p.lines(w) {
				if p.width(l) > w+0.5 {
					t.Errorf("%s at %.0f: line %q is %.0f", name, w, l, p.width(l))
				}
				joined += l
			}
			if strings.ReplaceAll(joined, " ", "") != strings.ReplaceAll(s, " ", "") {
				t.Errorf("%s at %.0f: text lost: %q", name, w, joined)
			}
			if got, want := p.HeightFor(w), float32(len(p.lines(w)))*28; got != want {
				t.Errorf("%s: height %.0f, want %.0f", name, got, want)
			}
		}
	}
	l := L("Wilhelmina Alexandra van den Oudenhoven", BodyB, Text1)
	l.Resize(fyne.NewSize(100, 20))
	if got := l.ellipsis(100); !strings.HasSuffix(got, "…") || l.width(got) > 101 {
		t.Errorf("single line: %q is %.0f", got, l.width(got))
	}
}
