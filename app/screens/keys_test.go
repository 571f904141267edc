package screens_test

import (
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"beside/app/screens"
	"beside/assets"
)

// ids are names of components that are no translation keys.
var ids = map[string]bool{
	"card.name": true, "device.name": true, "signin.code": true, "join.field": true, "bar.name": true, "bar.does": true,
	"viewer.name": true, "viewer.device": true, "viewer.right": true, "viewer.badge": true, "meter.total": true, "e.by": true,
}

var looksLikeKey = regexp.MustCompile(`^(start|signin|join|wait|ask|can|cannot|more|bar|code|who|dev|mode|v|r|p|e|x|m|stop|allow)\.[a-z0-9.]+$`)

// TestEveryKeyExists reads the app's source: every text it asks for, and every literal that
// looks like a key, must be in the catalogue.
func TestEveryKeyExists(t *testing.T) {
	raw, err := assets.Translations.ReadFile("translations/en.json")
	if err != nil {
		t.Fatal(err)
	}
	var keys map[string]string
	if err := json.Unmarshal(raw, &keys); err != nil {
		t.Fatal(err)
	}
	asked, files := 0, 0
	err = filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		f, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		if err != nil {
			return err
		}
		files++
		want := func(n ast.Node, only *regexp.Regexp) {
			l, ok := n.(*ast.BasicLit)
			if !ok || l.Kind != token.STRING {
				return
			}
			s, err := strconv.Unquote(l.Value)
			if err != nil || only != nil && !only.MatchString(s) || ids[s] {
				return
			}
			asked++
			if _, ok := keys[s]; !ok {
				t.Errorf("%s: no text %q", path, s)
			}
		}
		ast.Inspect(f, func(n ast.Node) bool {
			want(n, looksLikeKey)
			if c, ok := n.(*ast.CallExpr); ok && len(c.Args) > 0 {
				name := ""
				switch fn := c.Fun.(type) {
				case *ast.Ident:
					name = fn.Name
				case *ast.SelectorExpr:
					name = fn.Sel.Name
				}
				switch name {
				case "T", "title", "lead", "centredTitle":
					want(c.Args[0], nil)
				}
			}
			return true
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if files < 20 || asked < 150 {
		t.Errorf("looked at %d keys in %d files only", asked, files)
	}
}

// TestEveryIconExists does the same for icons.
func TestEveryIconExists(t *testing.T) {
	for code, e := range texts(t) {
		if _, err := assets.Icons.ReadFile("icons/" + e.Icon + ".svg"); err != nil {
			t.Errorf("%s: %v", code, err)
		}
	}
	call := regexp.MustCompile(`(?:Icon|Btn[MS]?|Tool|IconBtn|NewChoice|Hint|SetText|set)\((?:[a-zA-Z.]+, )?"([a-z0-9-]{1,30})"`)
	chip := regexp.MustCompile(`(?:NewChip|Say|Pill|StateIcon|Set)\(ui\.(?:Neutral|Note|Good|Warn|Bad), "([a-z0-9-]+)"`)
	n := 0
	err := filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		b, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for _, re := range []*regexp.Regexp{call, chip} {
			for _, m := range re.FindAllStringSubmatch(string(b), -1) {
				n++
				if _, err := assets.Icons.ReadFile("icons/" + m[1] + ".svg"); err != nil {
					t.Errorf("%s: no icon %q", path, m[1])
				}
			}
		}
		return nil
	})
	if err != nil || n < 30 {
		t.Errorf("looked at %d icons, %v", n, err)
	}
}

// codes reads every code of Problem and End out of policy/api.
func codes(t *testing.T) []string {
	t.Helper()
	f, err := parser.ParseFile(token.NewFileSet(), "../../policy/api/api.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, d := range f.Decls {
		g, ok := d.(*ast.GenDecl)
		if !ok || g.Tok != token.CONST {
			continue
		}
		for _, s := range g.Specs {
			v, ok := s.(*ast.ValueSpec)
			if !ok || len(v.Values) != 1 || strings.HasPrefix(v.Names[0].Name, "Type") || strings.HasPrefix(v.Names[0].Name, "Event") {
				continue
			}
			if l, ok := v.Values[0].(*ast.BasicLit); ok && l.Kind == token.STRING {
				s, err := strconv.Unquote(l.Value)
				if err != nil {
					t.Fatal(err)
				}
				out = append(out, s)
			}
		}
	}
	if len(out) < 25 {
		t.Fatalf("only %d codes found", len(out))
	}
	return append(out, "expired", screens.LocalOffline, screens.LocalNoDisplay, screens.LocalCapture, screens.LocalNoView, screens.LocalBurnt)
}

func texts(t *testing.T) map[string]screens.ErrorText {
	t.Helper()
	m := map[string]screens.ErrorText{}
	for _, c := range codes(t) {
		m[c+"/sharer"] = screens.ErrorFor(c, screens.Sharer)
		m[c+"/helper"] = screens.ErrorFor(c, screens.Helper)
	}
	return m
}

func TestEveryCodeHasWords(t *testing.T) {
	fallback := screens.ErrorFor("never.heard.of", screens.Sharer)
	if fallback.Title == "" || fallback.Body == "" || fallback.Ref == "" {
		t.Errorf("the fallback says nothing: %+v", fallback)
	}
	ref := regexp.MustCompile(`^(B-[1-4]\d{3})?$`)
	for c, e := range texts(t) {
		switch {
		case e == fallback:
			t.Errorf("%s: no words of its own", c)
		case e.Title == "" || e.Body == "" || e.Icon == "" || !ref.MatchString(e.Ref):
			t.Errorf("%s: %+v", c, e)
		case strings.HasSuffix(c, "/helper") && e.Field:
			t.Errorf("%s: the helper has no code field", c)
		}
	}
}
