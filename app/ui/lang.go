package ui

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"text/template"

	"fyne.io/fyne/v2/lang"

	"beside/assets"
)

// ErrLanguage means there is no catalogue for a language.
var ErrLanguage = errors.New("ui: no such language")

// M fills the placeholders of a text.
type M map[string]any

// catalogue is one language, parsed. It is never changed once made.
type catalogue struct {
	name  string
	texts map[string]*template.Template
}

// words is the catalogue in force: one per process, because there is one person in front of it.
var words atomic.Pointer[catalogue]

// SetLanguage chooses "en" or "nl", or with "" the language of the desktop (English if we
// have no other). Fyne's lang package follows the desktop only and cannot be told, so the
// catalogue in its format is read here; Fyne gets the texts too, for its own look-ups.
// Call it before the first screen is made.
func SetLanguage(name string) error {
	if err := lang.AddTranslationsFS(assets.Translations, "translations"); err != nil {
		return fmt.Errorf("%w: %w", ErrLanguage, err)
	}
	if name == "" {
		name = strings.ToLower(lang.SystemLocale().LanguageString())
		name, _, _ = strings.Cut(name, "-")
		if c, err := load(name); err == nil {
			words.Store(c)
			return nil
		}
		name = "en"
	}
	c, err := load(name)
	if err != nil {
		return err
	}
	words.Store(c)
	return nil
}

// Language is the one in force.
func Language() string { return current().name }

func load(name string) (*catalogue, error) {
	raw, err := assets.Translations.ReadFile("translations/" + name + ".json")
	if err != nil {
		return nil, fmt.Errorf("%w: %q", ErrLanguage, name)
	}
	var flat map[string]string
	if err := json.Unmarshal(raw, &flat); err != nil {
		return nil, fmt.Errorf("ui: catalogue %s: %w", name, err)
	}
	c := &catalogue{name: name, texts: make(map[string]*template.Template, len(flat))}
	for k, s := range flat {
		t, err := template.New(k).Parse(s)
		if err != nil {
			return nil, fmt.Errorf("ui: catalogue %s: %w", name, err)
		}
		c.texts[k] = t
	}
	return c, nil
}

func current() *catalogue {
	if c := words.Load(); c != nil {
		return c
	}
	c, err := load("en")
	if err != nil { // embedded and tested: only a broken build gets here
		return &catalogue{name: "en"}
	}
	words.CompareAndSwap(nil, c)
	return c
}

// T is the text of key in the language in force, with its placeholders filled. A key that
// does not exist shows as itself; a test makes sure that none is used.
func T(key string, data ...M) string {
	t, ok := current().texts[key]
	if !ok {
		return key
	}
	var d M
	if len(data) > 0 {
		d = data[0]
	}
	var b strings.Builder
	if err := t.Execute(&b, d); err != nil {
		return key
	}
	return b.String()
}

// Decimal writes x with n digits after the mark the language uses.
func Decimal(x float64, n int) string {
	s := fmt.Sprintf("%.*f", n, x)
	if current().name == "nl" {
		s = strings.ReplaceAll(s, ".", ",")
	}
	return s
}
