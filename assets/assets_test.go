package assets_test

import (
	"encoding/json"
	"io/fs"
	"regexp"
	"slices"
	"strings"
	"testing"

	"beside/assets"
)

func catalogue(t *testing.T, lang string) map[string]string {
	t.Helper()
	b, err := assets.Translations.ReadFile("translations/" + lang + ".json")
	if err != nil {
		t.Fatal(err)
	}
	var m map[string]string
	if err := json.Unmarshal(b, &m); err != nil {
		t.Fatal(err)
	}
	return m
}

var placeholder = regexp.MustCompile(`\{\{\.\w+\}\}`)

func fills(s string) []string {
	p := placeholder.FindAllString(s, -1)
	slices.Sort(p)
	return slices.Compact(p)
}

func TestLanguagesSayTheSame(t *testing.T) {
	files, err := fs.Glob(assets.Translations, "translations/*.json")
	if err != nil {
		t.Fatal(err)
	}
	en := catalogue(t, "en")
	for _, f := range files {
		lang := strings.TrimSuffix(strings.TrimPrefix(f, "translations/"), ".json")
		t.Run(lang, func(t *testing.T) {
			other := catalogue(t, lang)
			for k, s := range en {
				o, ok := other[k]
				switch {
				case !ok:
					t.Errorf("%s: missing", k)
				case strings.TrimSpace(o) == "":
					t.Errorf("%s: empty", k)
				case !slices.Equal(fills(s), fills(o)):
					t.Errorf("%s: placeholders %v, want %v", k, fills(o), fills(s))
				case strings.Count(o, "{") != 2*len(placeholder.FindAllString(o, -1)):
					t.Errorf("%s: broken placeholder in %q", k, o)
				}
			}
			for k := range other {
				if _, ok := en[k]; !ok {
					t.Errorf("%s: only in %s", k, lang)
				}
			}
		})
	}
}

// Words that the interface never says (too technical for the people in front of it).
func TestNoJargon(t *testing.T) {
	for _, lang := range []string{"en", "nl"} {
		for k, s := range catalogue(t, lang) {
			for _, w := range []string{"session host", "peer", "elevation", "rbac", "token"} {
				if regexp.MustCompile(`(?i)\b` + w + `\b`).MatchString(s) {
					t.Errorf("%s %s: says %q", lang, k, w)
				}
			}
		}
	}
}

func TestLicencesLieBeside(t *testing.T) {
	for f, want := range map[string]string{"fonts/LICENSE-inter.txt": "SIL OPEN FONT LICENSE", "icons/LICENSE-lucide.txt": "ISC"} {
		files := assets.Fonts
		if strings.HasPrefix(f, "icons") {
			files = assets.Icons
		}
		b, err := files.ReadFile(f)
		if err != nil || !strings.Contains(string(b), want) {
			t.Errorf("%s: %v", f, err)
		}
	}
}
