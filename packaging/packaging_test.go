package packaging

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"image/png"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"beside/settings"
)

// read reads a file of the repository.
func read(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("..", path))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// flags are the names that a program's source defines.
func flags(t *testing.T, files ...string) (names []string) {
	t.Helper()
	def := regexp.MustCompile(`\.(?:String|Bool|Int|Duration|Func|Var)(?:Var)?\((?:(?:&|\(\*list\)\()[^"]*, )?"([a-z-]+)"`)
	for _, f := range files {
		for _, m := range def.FindAllStringSubmatch(read(t, f), -1) {
			names = append(names, m[1])
		}
	}
	if len(names) < 10 {
		t.Fatalf("only %d flags found in %v", len(names), files)
	}
	return names
}

func appFlags(t *testing.T) []string { return flags(t, "cmd/beside/main.go") }

func endpointFlags(t *testing.T) []string {
	all, err := filepath.Glob("../cmd/beside-endpoint/*.go")
	if err != nil {
		t.Fatal(err)
	}
	var files []string
	for _, f := range all {
		if !strings.HasSuffix(f, "_test.go") {
			files = append(files, strings.TrimPrefix(f, "../"))
		}
	}
	return flags(t, files...)
}

// TestEveryFlagIsDescribed: man pages and completions know exactly the flags that there are.
func TestEveryFlagIsDescribed(t *testing.T) {
	for name, c := range map[string]struct {
		file, find string
		flags      []string
	}{
		"man beside":           {"packaging/man/beside.1", `(?m)^\.BI? \\-([a-z\\-]+)`, appFlags(t)},
		"man beside-endpoint":  {"packaging/man/beside-endpoint.8", `(?m)^\.BI? \\-([a-z\\-]+) "`, endpointFlags(t)},
		"bash beside":          {"packaging/completion/beside.bash", `[ "]-([a-z][a-z-]*)`, appFlags(t)},
		"zsh beside":           {"packaging/completion/_beside", `'-([a-z-]+)\[`, appFlags(t)},
		"bash beside-endpoint": {"packaging/completion/beside-endpoint.bash", `[ "]-([a-z][a-z-]+)`, endpointFlags(t)},
	} {
		t.Run(name, func(t *testing.T) {
			var found []string
			for _, m := range regexp.MustCompile(c.find).FindAllStringSubmatch(read(t, c.file), -1) {
				found = append(found, strings.ReplaceAll(m[1], `\`, ""))
			}
			for _, f := range c.flags {
				if !slices.Contains(found, f) {
					t.Errorf("%s does not know -%s", c.file, f)
				}
			}
			if !strings.HasPrefix(name, "bash") { // there -d and -f are compgen's
				for _, f := range found {
					if !slices.Contains(c.flags, f) {
						t.Errorf("%s knows -%s, which there is not", c.file, f)
					}
				}
			}
		})
	}
}

// TestGuideVariables: the settings that the guide writes down are those that there are.
func TestGuideVariables(t *testing.T) {
	have := endpointFlags(t)
	found := regexp.MustCompile(`\bBESIDE_([A-Z_]+)=`).FindAllStringSubmatch(read(t, "docs/admin-guide.md"), -1)
	if len(found) < 10 {
		t.Errorf("only %d settings", len(found))
	}
	for _, m := range found {
		if name := strings.ToLower(strings.ReplaceAll(m[1], "_", "-")); !slices.Contains(have, name) {
			t.Errorf("there is no -%s", name)
		}
	}
}

// TestPicturesExist: a document shows only pictures that there are.
func TestPicturesExist(t *testing.T) {
	docs, err := filepath.Glob("../docs/*.md")
	if err != nil || len(docs) == 0 {
		t.Fatal(docs, err)
	}
	for _, d := range docs {
		for _, m := range regexp.MustCompile(`\]\((pictures/[^)]+)\)`).FindAllStringSubmatch(read(t, strings.TrimPrefix(d, "../")), -1) {
			if _, err := os.Stat(filepath.Join("../docs", m[1])); err != nil {
				t.Errorf("%s: %v", d, err)
			}
		}
	}
}

// TestFlagsInUse: whatever starts the endpoint does so with flags that there are.
func TestFlagsInUse(t *testing.T) {
	have := endpointFlags(t)
	for _, file := range []string{"packaging/systemd/beside-endpoint.service", "packaging/systemd/beside-endpoint.conf", "packaging/container/Dockerfile", "packaging/container/compose.yaml", "docs/deploy.md", "docs/endpoint.md", "docs/admin-guide.md"} {
		for line := range strings.Lines(read(t, file)) {
			if !strings.Contains(line, "beside-endpoint") && !strings.Contains(line, "[") && !strings.Contains(line, "-tls-") && !strings.Contains(line, "- -") {
				continue
			}
			for _, m := range regexp.MustCompile(`(?:^|[\s"\[])-((?:data|listen|metrics|tenant|client|api|admin|authority|issuer|claim|company|domain|origin|tls|database|relay|turn)[a-z-]*)`).FindAllStringSubmatch(line, -1) {
				if !slices.Contains(have, m[1]) {
					t.Errorf("%s uses -%s, which there is not: %s", file, m[1], strings.TrimSpace(line))
				}
			}
		}
	}
	vars := regexp.MustCompile(`\$\{?(BESIDE_[A-Z_]+)`).FindAllStringSubmatch(read(t, "packaging/systemd/beside-endpoint.service"), -1)
	if len(vars) < 5 {
		t.Error("the unit uses no variables")
	}
	for _, v := range vars {
		if !regexp.MustCompile(`(?m)^` + v[1] + `=`).MatchString(read(t, "packaging/systemd/beside-endpoint.conf")) {
			t.Errorf("the unit uses %s, which beside-endpoint.conf does not set", v[1])
		}
	}
}

// TestPolicySample: the example is a policy that the app takes.
func TestPolicySample(t *testing.T) {
	text := read(t, "packaging/linux/policy.json")
	s, err := settings.Load(settings.Options{Policy: func() ([]settings.Text, settings.Problems) {
		return []settings.Text{{Where: "policy.json", JSON: []byte(text)}}, nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	if !s.Get(settings.Endpoint).Locked || s.Get(settings.Lang).Locked {
		t.Error("the example locks the wrong things")
	}
	for _, k := range settings.Keys() {
		if !strings.Contains(strings.ReplaceAll(read(t, "packaging/man/beside.1"), `\`, ""), string(k)) || !strings.Contains(read(t, "docs/deploy.md"), "`"+string(k)+"`") {
			t.Errorf("%s is not in beside.1 or docs/deploy.md", k)
		}
	}
}

func TestDesktopFiles(t *testing.T) {
	desktop := read(t, "packaging/linux/org.beside.Beside.desktop")
	for _, want := range []string{"Exec=beside %u\n", "MimeType=x-scheme-handler/beside;\n", "Icon=org.beside.Beside\n"} {
		if !strings.Contains(desktop, want) {
			t.Errorf("the desktop entry has no %q", want)
		}
	}
	var meta struct {
		ID     string `xml:"id"`
		Launch string `xml:"launchable"`
	}
	if err := xml.Unmarshal([]byte(read(t, "packaging/linux/org.beside.Beside.metainfo.xml")), &meta); err != nil || meta.Launch != meta.ID+".desktop" {
		t.Errorf("metainfo: %v, %+v", err, meta)
	}
	for size, path := range map[int]string{48: "48", 64: "64", 128: "128", 256: "256"} {
		i, err := png.DecodeConfig(bytes.NewReader([]byte(read(t, "packaging/linux/icons/"+path+".png"))))
		if err != nil || i.Width != size || i.Height != size {
			t.Errorf("icon %d: %v, %d by %d", size, err, i.Width, i.Height)
		}
	}
	if !json.Valid([]byte(read(t, "packaging/linux/policy.json"))) {
		t.Error("policy.json is not JSON")
	}
}
