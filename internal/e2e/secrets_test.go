//go:build e2e

package e2e

import (
	"bytes"
	"encoding/base64"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// secrets is what must be in no file when a scene is over.
type secrets struct {
	codes []string
	lines []string
}

func (s *secrets) code(c string)  { s.codes = append(s.codes, c) }
func (s *secrets) typed(l string) { s.lines = append(s.lines, l) }

// token is a signed token: two parts that are JSON objects in base64.
var token = regexp.MustCompile(`(eyJ[A-Za-z0-9_-]{8,})\.eyJ[A-Za-z0-9_-]{8,}`)

// isToken says whether there is a token in b. The statement of an organisation's public keys
// looks like one and is no secret.
func isToken(b []byte) bool {
	for _, m := range token.FindAllSubmatch(b, -1) {
		head, err := base64.RawURLEncoding.DecodeString(string(m[1]))
		if err != nil || !bytes.Contains(head, []byte(`"beside-keys+jwt"`)) {
			return true
		}
	}
	return false
}

// search reads every file below root except one: logs, and all that the programs keep.
func (s *secrets) search(t *testing.T, root, except string) {
	t.Helper()
	files := 0
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() || path == except {
			return err
		}
		files++
		b, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		name, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		for _, what := range s.in(b, strings.HasSuffix(name, ".log")) {
			t.Errorf("%s holds %s", name, what)
		}
		if d.Name() == "tokens" {
			t.Errorf("%s: tokens are kept without a keyring", name)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
	if files < 5 {
		t.Errorf("only %d files below %s", files, root)
	}
}

// in names what of the secrets is in b. In a log a part is enough.
func (s *secrets) in(b []byte, log bool) (found []string) {
	upper := bytes.ToUpper(b)
	for _, c := range s.codes {
		secret := c[4:]
		if bytes.Contains(upper, []byte(c)) || bytes.Contains(upper, []byte(c[:4]+"-"+secret)) {
			found = append(found, "a code")
		}
		if log && regexp.MustCompile(`\b`+secret+`\b`).Match(b) {
			found = append(found, "the secret half of a code")
		}
	}
	if isToken(b) || log && bytes.Contains(b, []byte("eyJ")) {
		found = append(found, "a token")
	}
	for _, l := range s.lines {
		if len(l) > 4 && bytes.Contains(b, []byte(l)) {
			found = append(found, "what was typed")
		}
	}
	return found
}

// TestSecretsAreFound: the search finds what it looks for.
func TestSecretsAreFound(t *testing.T) {
	s := secrets{codes: []string{"ABCDWXYZ"}, lines: []string{"hello there"}}
	for name, tt := range map[string]struct {
		text string
		log  bool
		want int
	}{
		"nothing":          {"level=INFO msg=WXYZA ABCD", true, 0},
		"code":             {"x=abcdwxyz.", false, 1},
		"code with a dash": {"ABCD-WXYZ", false, 1},
		"half in a log":    {"secret=WXYZ ", true, 1},
		"half in data":     {"secret=WXYZ ", false, 0},
		"token":            {"Bearer eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ4In0.c2ln", false, 1},
		"public keys":      {"eyJ0eXAiOiJiZXNpZGUta2V5cytqd3QifQ.eyJ0aWQiOiIxIn0.c2ln", false, 0},
		"token's begin":    {"eyJhbG", true, 1},
		"typed":            {"keys: hello there", false, 1},
	} {
		t.Run(name, func(t *testing.T) {
			if got := s.in([]byte(tt.text), tt.log); len(got) != tt.want {
				t.Errorf("found %q, want %d", got, tt.want)
			}
		})
	}
}
