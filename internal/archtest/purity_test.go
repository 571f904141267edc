package archtest

import (
	"bytes"
	"go/ast"
	"go/build/constraint"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// devMarkers are texts that only the development build of the app may hold: the switches by which a
// program, instead of a person, finds its buttons and answers its browser, and by which another
// authority is trusted.
var devMarkers = []string{
	"BESIDE_UI_MAP", "development: `command` that opens an address",
	"development: `file` with the endpoint's certificate authority",
}

// idpMarkers are texts of the development identity provider and its demo people.
var idpMarkers = []string{"No passwords, no protection", "noa.winters@halden.example"}

// TestReleaseDependencies: nothing for development is even compiled into a release program.
func TestReleaseDependencies(t *testing.T) {
	for _, cmd := range []string{"beside", "beside-endpoint"} {
		for _, p := range list(t, "-deps", "./cmd/"+cmd) {
			self, ours := strings.CutPrefix(p.ImportPath, module+"/")
			if !ours {
				continue
			}
			base := path.Base(self)
			if strings.HasPrefix(base, "dev") || strings.HasPrefix(base, "demo") || strings.HasSuffix(base, "test") || base == "screenbot" {
				t.Errorf("%s links %s", cmd, self)
			}
		}
	}
}

// TestReleaseApp builds the app with and without the tag dev: what the tag adds (telling
// where its buttons are, so that a program can consent) is in the one, which shows that the test
// can see it, and not in the other.
func TestReleaseApp(t *testing.T) {
	if testing.Short() {
		t.Skip("links the app twice")
	}
	release, dev := build(t, "./cmd/beside", ""), build(t, "./cmd/beside", "dev")
	for _, m := range devMarkers {
		if bytes.Contains(release.text, []byte(m)) {
			t.Errorf("the release build of beside contains %q", m)
		}
		if !bytes.Contains(dev.text, []byte(m)) {
			t.Errorf("the development build of beside does not contain %q: this test looks for the wrong thing", m)
		}
	}
	only := devSymbols(t)
	if len(only) == 0 {
		t.Error("no function is declared under the tag dev: this test looks at nothing")
	}
	found := 0
	for _, s := range only {
		if release.symbols[s] {
			t.Errorf("the release build of beside contains %s, which the tag dev guards", s)
		}
		if dev.symbols[s] {
			found++
		}
	}
	if found == 0 {
		t.Errorf("the development build contains none of %v: this test looks for the wrong thing", only)
	}
}

// TestReleaseEndpoint builds the endpoint both ways, like TestReleaseApp.
func TestReleaseEndpoint(t *testing.T) {
	if testing.Short() {
		t.Skip("links the endpoint twice")
	}
	release, dev := build(t, "./cmd/beside-endpoint", ""), build(t, "./cmd/beside-endpoint-dev", "")
	for _, m := range idpMarkers {
		if bytes.Contains(release.text, []byte(m)) {
			t.Errorf("beside-endpoint contains %q", m)
		}
		if !bytes.Contains(dev.text, []byte(m)) {
			t.Errorf("beside-endpoint-dev does not contain %q: this test looks for the wrong thing", m)
		}
	}
	for s := range release.symbols {
		if strings.HasPrefix(s, module+"/auth/devidp.") {
			t.Errorf("beside-endpoint contains %s", s)
		}
	}
}

type binary struct {
	text    []byte
	symbols map[string]bool
}

// build links a command as the Makefile does and reads what is inside.
func build(t *testing.T, cmd, tags string) binary {
	t.Helper()
	out := filepath.Join(t.TempDir(), "binary")
	run := exec.Command("go", "build", "-buildvcs=false", "-tags", tags, "-o", out, cmd)
	run.Dir = root(t)
	if strings.Contains(cmd, "endpoint") {
		run.Env = append(os.Environ(), "CGO_ENABLED=0")
	}
	if msg, err := run.CombinedOutput(); err != nil {
		t.Fatalf("go build %s -tags %q: %v\n%s", cmd, tags, err, msg)
	}
	text, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	nm, err := exec.Command("go", "tool", "nm", out).Output()
	if err != nil {
		t.Fatalf("go tool nm: %v", err)
	}
	b := binary{text: text, symbols: map[string]bool{}}
	for line := range strings.Lines(string(nm)) {
		if f := strings.Fields(line); len(f) >= 3 {
			b.symbols[f[len(f)-1]] = true
		}
	}
	if len(b.symbols) < 1000 {
		t.Fatalf("%s: only %d symbols, is the binary stripped?", cmd, len(b.symbols))
	}
	return b
}

// devSymbols lists the functions and methods, by linker name, of the app's packages that are
// declared under the tag dev and nowhere else.
func devSymbols(t *testing.T) []string {
	t.Helper()
	dirs := map[string]string{} // directory -> prefix of symbols
	for _, p := range list(t, "-deps", "-tags", "dev", "./cmd/beside") {
		if under(p.ImportPath, []string{module}) {
			rel, err := filepath.Rel(root(t), p.Dir)
			if err != nil {
				t.Fatal(err)
			}
			dirs[filepath.ToSlash(rel)] = p.ImportPath
			if p.Name == "main" {
				dirs[filepath.ToSlash(rel)] = "main"
			}
		}
	}
	guarded, free := map[string]bool{}, map[string]bool{}
	eachFile(t, func(file string, src []byte) {
		prefix, ok := dirs[path.Dir(file)]
		if !ok || strings.HasSuffix(file, "_test.go") {
			return
		}
		f, err := parser.ParseFile(token.NewFileSet(), file, src, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			t.Errorf("%s: %v", file, err)
			return
		}
		into := free
		if needsDev(f) {
			into = guarded
		}
		for _, d := range f.Decls {
			if fn, ok := d.(*ast.FuncDecl); ok {
				into[symbol(prefix, fn)] = true
			}
		}
	})
	var only []string
	for s := range guarded {
		if !free[s] {
			only = append(only, s)
		}
	}
	slices.Sort(only)
	return only
}

// needsDev reports whether the file is built with the tag dev and not without.
func needsDev(f *ast.File) bool {
	for _, g := range f.Comments {
		if g.Pos() > f.Package {
			break
		}
		for _, c := range g.List {
			if !constraint.IsGoBuild(c.Text) {
				continue
			}
			x, err := constraint.Parse(c.Text)
			if err != nil {
				return false
			}
			with := x.Eval(func(tag string) bool {
				return tag == "dev" || tag == "linux" || tag == "unix" || tag == "amd64" || tag == "cgo"
			})
			without := x.Eval(func(tag string) bool { return tag == "linux" || tag == "unix" || tag == "amd64" || tag == "cgo" })
			return with && !without
		}
	}
	return false
}

// symbol is the linker's name of a function.
func symbol(prefix string, fn *ast.FuncDecl) string {
	if fn.Recv == nil || len(fn.Recv.List) == 0 {
		return prefix + "." + fn.Name.Name
	}
	typ, pointer := fn.Recv.List[0].Type, false
	if s, ok := typ.(*ast.StarExpr); ok {
		typ, pointer = s.X, true
	}
	name, ok := typ.(*ast.Ident)
	if !ok {
		return prefix + "." + fn.Name.Name
	}
	if pointer {
		return prefix + ".(*" + name.Name + ")." + fn.Name.Name
	}
	return prefix + "." + name.Name + "." + fn.Name.Name
}
