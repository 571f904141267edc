package archtest

import (
	"bufio"
	"bytes"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Lines of a file; a test file may be longer, because tables are.
const (
	maxLines     = 500
	maxTestLines = 700
)

// long lists files that may be longer than maxLines, and why.
var long = map[string]string{}

// eachFile calls f for every Go file of the module, path relative to the root.
func eachFile(t *testing.T, f func(path string, src []byte)) {
	t.Helper()
	base := root(t)
	err := filepath.WalkDir(base, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := d.Name()
		if d.IsDir() && path != base && (strings.HasPrefix(name, ".") || name == "testdata" || name == "bin" || name == "dist") {
			return fs.SkipDir
		}
		if d.IsDir() || !strings.HasSuffix(name, ".go") {
			return nil
		}
		src, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(base, path)
		if err != nil {
			return err
		}
		f(filepath.ToSlash(rel), src)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestFilesAreShort(t *testing.T) {
	seen := map[string]bool{}
	eachFile(t, func(path string, src []byte) {
		lines := 0
		for s := bufio.NewScanner(bytes.NewReader(src)); s.Scan(); {
			lines++
		}
		limit := maxLines
		if strings.HasSuffix(path, "_test.go") {
			limit = maxTestLines
		}
		reason, allowed := long[path]
		switch {
		case lines > limit && !allowed:
			t.Errorf("%s has %d lines, more than %d: split it by responsibility", path, lines, limit)
		case lines <= limit && allowed:
			t.Errorf("%s is listed as long (%s) and is not", path, reason)
		}
		seen[path] = true
	})
	for path := range long {
		if !seen[path] {
			t.Errorf("long lists %s, which is gone", path)
		}
	}
}

// TestPackageDocs: a package has exactly one package comment, and it starts as the tools expect.
func TestPackageDocs(t *testing.T) {
	docs := map[string][]string{} // directory -> files with a package comment
	dirs := map[string]string{}   // directory -> package name
	eachFile(t, func(path string, src []byte) {
		if strings.HasSuffix(path, "_test.go") {
			return
		}
		f, err := parser.ParseFile(token.NewFileSet(), path, src, parser.ParseComments|parser.PackageClauseOnly)
		if err != nil {
			t.Errorf("%s: %v", path, err)
			return
		}
		dir := filepath.ToSlash(filepath.Dir(path))
		dirs[dir] = f.Name.Name
		if text := f.Doc.Text(); text != "" {
			docs[dir] = append(docs[dir], path)
			want := "Package " + f.Name.Name + " "
			if f.Name.Name == "main" {
				want = "Command " + filepath.Base(dir) + " "
			}
			if !strings.HasPrefix(text, want) {
				t.Errorf("%s: the package comment must start with %q", path, want)
			}
		}
	})
	for dir := range dirs {
		switch n := len(docs[dir]); {
		case n == 0:
			t.Errorf("%s: no package comment (doc.go)", dir)
		case n > 1:
			t.Errorf("%s: %d package comments: %v", dir, n, docs[dir])
		}
	}
}

// TestNoInit: what runs before main is nobody's decision.
func TestNoInit(t *testing.T) {
	eachFile(t, func(path string, src []byte) {
		f, err := parser.ParseFile(token.NewFileSet(), path, src, parser.SkipObjectResolution)
		if err != nil {
			t.Errorf("%s: %v", path, err)
			return
		}
		for _, d := range f.Decls {
			if fn, ok := d.(*ast.FuncDecl); ok && fn.Recv == nil && fn.Name.Name == "init" {
				t.Errorf("%s has an init function", path)
			}
		}
	})
}

// globals are the package variables that there are all the same, by file.
var globals = map[string]string{
	"app/ui/lang.go":           "words",        // the language in force: one per process, because there is one person in front of it
	"input/robot/desktop.go":   "turn",         // robotgo's settings are the process's
	"input/robot/xlib.go":      "theMouse",     // robotgo has one X connection for the process
	"session/clock_default.go": "processStart", // what a clock that only counts upwards counts from
}

// TestNoGlobals: a package variable is an error sentinel or a table that nobody writes.
func TestNoGlobals(t *testing.T) {
	eachFile(t, func(path string, src []byte) {
		if strings.HasSuffix(path, "_test.go") {
			return
		}
		f, err := parser.ParseFile(token.NewFileSet(), path, src, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			t.Errorf("%s: %v", path, err)
			return
		}
		for _, d := range f.Decls {
			g, ok := d.(*ast.GenDecl)
			if !ok || g.Tok != token.VAR || strings.Contains(text(g.Doc), "go:embed") {
				continue
			}
			for _, s := range g.Specs {
				v, ok := s.(*ast.ValueSpec)
				if !ok || constant(v) || strings.Contains(text(v.Doc), "go:embed") {
					continue
				}
				for _, n := range v.Names {
					// The linker sets main.version.
					if n.Name != "_" && !strings.Contains(globals[path], n.Name) && (f.Name.Name != "main" || n.Name != "version") {
						t.Errorf("%s: package variable %s is neither a sentinel nor a table", path, n.Name)
					}
				}
			}
		}
	})
}

// text is the comment with its directives.
func text(g *ast.CommentGroup) string {
	if g == nil {
		return ""
	}
	var b strings.Builder
	for _, c := range g.List {
		b.WriteString(c.Text)
	}
	return b.String()
}

// makers are calls whose result is as good as a constant.
var makers = map[string]bool{
	"errors.New": true, "fmt.Errorf": true, "regexp.MustCompile": true, "template.Must": true,
	"strings.NewReplacer": true, "lang.L": true, "fyne.NewStaticResource": true, "language.NewMatcher": true,
	"netip.MustParsePrefix": true, "netip.MustParseAddr": true, "image.Pt": true, "image.Rect": true, "fyne.NewSize": true, "fyne.NewPos": true,
}

// constant reports whether every value of the declaration is a literal, a table or made by makers.
func constant(v *ast.ValueSpec) bool {
	if len(v.Values) == 0 {
		return false
	}
	for _, x := range v.Values {
		if u, ok := x.(*ast.UnaryExpr); ok {
			x = u.X
		}
		switch e := x.(type) {
		case *ast.CompositeLit, *ast.BasicLit, *ast.BinaryExpr:
		case *ast.CallExpr:
			s, ok := e.Fun.(*ast.SelectorExpr)
			switch e.Fun.(type) {
			case *ast.ArrayType, *ast.FuncLit: // a conversion; a table that is computed from another
				continue
			}
			if !ok {
				return false
			}
			p, ok := s.X.(*ast.Ident)
			if !ok || !makers[p.Name+"."+s.Sel.Name] {
				return false
			}
		default:
			return false
		}
	}
	return true
}
