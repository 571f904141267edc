package archtest

import (
	"slices"
	"strings"
	"testing"
)

// layers: a package below the key may import, of ours, only packages below it and below these.
// Tests inside a layer may also import the fakes of what they join.
var layers = map[string][]string{
	"frame":              {"frame"},
	"input":              {"input"},
	"auth":               {"auth"},
	"capture":            {"capture", "frame"},
	"codec":              {"codec", "frame"},
	"policy":             {"policy", "auth"},
	"session":            {"session", "frame", "capture", "codec", "input", "policy", "auth"},
	"server":             {"server", "policy", "auth", "assets"},
	"app":                {"app", "session", "frame", "input", "policy", "auth", "assets"},
	"assets":             {"assets"},
	"settings":           {"settings", "policy"},
	"eventlog":           {"eventlog"},
	"packaging":          {"settings"},
	"bench":              {"bench", "internal/screenbot", "internal/proc", "internal/stage"},
	"internal/screenbot": {},
	"internal/proc":      {},
	"internal/xconn":     {},
	"internal/lv":        {},
	"internal/xvfb":      {},
	"internal/slack":     {},
	"internal/pause":     {},
	"internal/stage":     {"internal/screenbot", "internal/proc", "policy/api"},

	// The demo starts programs and looks at their windows; it is none of them.
	"cmd/beside-demo": {"cmd/beside-demo", "internal/screenbot", "internal/proc", "internal/stage"},
}

// leaves may be imported by everybody and import nobody.
var leaves = []string{"internal/xconn", "internal/lv", "internal/pause"}

// testLeaves may be imported by everybody's tests.
var testLeaves = []string{"internal/xvfb"}

// never: inside its layers a package may still not import these, and why.
var never = []struct {
	from, imp, why string
}{
	{"app", "session/rtc", "cmd picks the link"},
	{"app", "policy/client", "cmd picks the endpoint's client"},
	{"app", "auth/msal", "cmd picks the identity provider"},
	{"app", "auth/keyring", "cmd picks the token cache"},
	{"app", "auth/devidp", "development only"},
	{"app", "input/robot", "cmd picks the injector"},
	{"session", "auth/devidp", "development only"},
	{"cmd/beside", "server", "the app is not the endpoint"},
	{"cmd/beside", "auth/devidp", "the app meets it over HTTP like any provider"},
	{"cmd/beside-endpoint", "auth/devidp", "development only; cmd/beside-endpoint-dev links it"},
	{"cmd/beside-anchor", "server", "the anchor is offline"},
	{"cmd/beside-anchor", "session", "the anchor is offline"},
	{"cmd/beside-endpoint", "session", "the endpoint never sees a session's content"},
	{"cmd/beside-endpoint", "app", "the endpoint has no windows"},
	{"cmd/beside-endpoint-dev", "session", "the endpoint never sees a session's content"},
	{"cmd/beside-endpoint-dev", "app", "the endpoint has no windows"},
}

// homes: only packages below these may import the module or package.
var homes = map[string][]string{
	"fyne.io/fyne/v2":                                            {"app", "cmd/beside"},
	"github.com/go-vgo/robotgo":                                  {"input/robot"},
	"github.com/kbinani/screenshot":                              {"capture/shot"},
	"github.com/pion/webrtc/v4":                                  {"session/rtc"},
	"github.com/pion/ice/v4":                                     {"session/rtc"},
	"github.com/pion/dtls/v3":                                    {"session/rtc"},
	"github.com/pion/srtp/v3":                                    {"session/rtc"},
	"github.com/pion/sctp":                                       {"session/rtc"},
	"github.com/pion/turn/v5":                                    {"server/relay"},
	"github.com/AzureAD/microsoft-authentication-library-for-go": {"auth/msal"},
	"database/sql":                                               {"server/store"},
	"modernc.org/sqlite":                                         {"server/store"},
	"github.com/pressly/goose/v3":                                {"server/store"},
	"github.com/jackc/pgx/v5":                                    {"server/store/postgres", "internal/pgtest", "server/api"},
	"github.com/zalando/go-keyring":                              {"auth/keyring"},
	"github.com/gtank/ristretto255":                              {"session/pair"},
	"golang.org/x/oauth2":                                        {"server/admin", "auth/oidc"},
	"github.com/go-gl":                                           {"app"},
	"C":                                                          {"capture", "codec", "input", "app/glass", "internal/slack"},
	"unsafe":                                                     {"capture", "codec", "input", "app/glass"},
}

func TestImports(t *testing.T) {
	for _, tags := range []string{"", "dev,e2e"} {
		for _, p := range list(t, "-tags="+tags, "./...") {
			for _, imp := range p.Imports {
				checkImport(t, p, imp, false)
			}
			for _, imp := range slices.Concat(p.TestImports, p.XTestImports) {
				checkImport(t, p, imp, true)
			}
		}
	}
}

func checkImport(t *testing.T, p pkg, imp string, test bool) {
	t.Helper()
	self := p.self()
	ours, isOurs := strings.CutPrefix(imp, module+"/")
	if isOurs {
		fine := under(ours, leaves) || test && (under(ours, testLeaves) || strings.HasSuffix(ours, "test"))
		if allow, ok := layer(self); ok && !fine && !under(ours, allow) {
			t.Errorf("%s imports %s; it may import only %v", self, ours, allow)
		}
		if !test && strings.HasSuffix(ours, "test") && !strings.HasSuffix(self, "test") {
			t.Errorf("%s imports the fake %s outside a test", self, ours)
		}
		for _, n := range never {
			if !test && under(self, []string{n.from}) && under(ours, []string{n.imp}) {
				t.Errorf("%s imports %s: %s", self, ours, n.why)
			}
		}
		return
	}
	for mod, allow := range homes {
		if !under(imp, []string{mod}) || under(self, allow) {
			continue
		}
		if test && (mod == "database/sql" || mod == "unsafe") { // a test may look behind the store
			continue
		}
		t.Errorf("%s imports %s; only %v may", self, imp, allow)
	}
}

// layer finds the rule with the longest path that self is below of.
func layer(self string) ([]string, bool) {
	for path := self; path != ""; {
		if allow, ok := layers[path]; ok {
			return append([]string{path}, allow...), true
		}
		i := strings.LastIndexByte(path, '/')
		if i < 0 {
			break
		}
		path = path[:i]
	}
	return nil, false
}

// TestLayersExist keeps the tables from naming what is gone.
func TestLayersExist(t *testing.T) {
	var have []string
	for _, p := range list(t, "-tags=dev,e2e", "./...") {
		have = append(have, p.self())
	}
	for name := range layers {
		if slices.Contains(leaves, name) || slices.Contains(testLeaves, name) {
			continue
		}
		if !slices.ContainsFunc(have, func(p string) bool { return under(p, []string{name}) }) && name != "assets" {
			t.Errorf("layers: no package below %q", name)
		}
	}
}

func TestEndpointIsPureGo(t *testing.T) {
	for _, p := range list(t, "-deps", "./cmd/beside-anchor", "./cmd/beside-endpoint", "./cmd/beside-endpoint-dev", "./cmd/beside-demo") {
		if !p.Standard && len(p.CgoFiles) > 0 {
			t.Errorf("%s uses cgo and is linked into a program that must not", p.ImportPath)
		}
	}
}
