package admin

import (
	"io/fs"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"beside/policy"
)

// Every key that a template or the code names exists in every language, and none is left over in one.
func TestWords(t *testing.T) {
	all, err := loadWords()
	if err != nil {
		t.Fatal(err)
	}
	for l, w := range all {
		for key, text := range w {
			if text == "" {
				t.Errorf("%s: %s is empty", l, key)
			}
			for other, ww := range all {
				if ww[key] == "" {
					t.Errorf("%s has %s, %s has not", l, key, other)
				}
			}
			if holes := regexp.MustCompile(`\{\w+\}`).FindAllString(text, -1); len(holes) > 0 {
				for other, ww := range all {
					for _, h := range holes {
						if !strings.Contains(ww[key], h) {
							t.Errorf("%s: %s misses %s", other, key, h)
						}
					}
				}
			}
		}
	}
	names := regexp.MustCompile(`\.(?:T|Say) "([a-z0-9.-]+)"|"((?:nav|col|right|comp|aud|asg|ses|mon|set|sub|wi|dev|people|groups|health|role|form|sign|perm|out|end|period)\.[a-z0-9.-]+)"`)
	files, err := fs.Glob(templateFiles, "templates/*.html")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		b, err := templateFiles.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range names.FindAllStringSubmatch(string(b), -1) {
			key := m[1] + m[2]
			if all["en"][key] == "" && all["en"][key+".title"] == "" && all["en"][key+".hint"] == "" {
				t.Errorf("%s names %s, which has no words", f, key)
			}
		}
	}
	for _, c := range []policy.Code{
		policy.CodeOK, policy.CodeDisabled, policy.CodeLicence, policy.CodeAccount, policy.CodeSelf, policy.CodeDirectory,
		policy.CodeUnenrolled, policy.CodeUnverified, policy.CodeNoRole, policy.CodeScope, policy.CodePermission, policy.CodeEmpty,
	} {
		if all["en"]["code."+string(c)] == "" {
			t.Errorf("no words for %s", c)
		}
	}
}

func TestMarks(t *testing.T) {
	for in, want := range map[string][]seg{
		"plain":             {{Text: "plain"}},
		"evil\u202Egnp":     {{Text: "evil"}, {Mark: "U+202E"}, {Text: "gnp"}},
		"\u200b":            {{Mark: "U+200B"}},
		"a\x00b":            {{Text: "a"}, {Mark: "U+0000"}, {Text: "b"}},
		"a\xffb":            {{Text: "a"}, {Mark: "0xFF"}, {Text: "b"}},
		"":                  nil,
		"ليلى":              {{Text: "ليلى"}},
		"<b>\U000e0041</b>": {{Text: "<b>"}, {Mark: "U+E0041"}, {Text: "</b>"}},
	} {
		if got := marks(in); !slices.Equal(got, want) {
			t.Errorf("%q: %v, want %v", in, got, want)
		}
	}
}

// The way back after signing in stays inside the site.
func TestOurs(t *testing.T) {
	const home = "/admin/monitor"
	for in, want := range map[string]string{
		"/admin/sessions?q=a": "/admin/sessions?q=a", "": home, "https://evil.example/admin/": home, "//evil.example/admin/x": home,
		"/admin/../v1/me": home, "/v1/me": home, "/admin/sign-out": home, "/admin/sign-in/start": home, `/admin/\evil.example`: home,
		"javascript:alert(1)": home, "/admin/x\r\nSet-Cookie: a=b": home, "admin/monitor": home,
	} {
		if got := ours(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

func FuzzOurs(f *testing.F) {
	for _, s := range []string{"/admin/x", "//a/admin/", "/admin/%2e%2e/", "\\\\a", "/admin/?a=//b"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if got := ours(s); !strings.HasPrefix(got, "/admin/") || strings.HasPrefix(got, "//") || strings.ContainsAny(got, "\r\n\\") {
			t.Errorf("%q leads to %q", s, got)
		}
	})
}

// A cookie opens only under its own name and key, and not when one bit of it changed.
func TestCookies(t *testing.T) {
	s, err := newSealer(make([]byte, 32))
	if err != nil {
		t.Fatal(err)
	}
	other, _ := newSealer(append(make([]byte, 31), 1))
	who := person{Object: "o", Role: admin, At: time.Unix(1, 0).UTC()}
	value, err := s.seal(cookieWho, who)
	if err != nil {
		t.Fatal(err)
	}
	var got person
	if !s.open(cookieWho, value, &got) || got != who {
		t.Fatalf("%+v", got)
	}
	if s.open(cookieGo, value, &got) || other.open(cookieWho, value, &got) || s.open(cookieWho, value[:len(value)-2], &got) || s.open(cookieWho, "!", &got) {
		t.Error("a cookie opened that must not")
	}
	if _, err := newSealer(make([]byte, 16)); err == nil {
		t.Error("a short key was taken")
	}
}

// A draft survives its own address, whatever is in it.
func FuzzDraft(f *testing.F) {
	f.Add("Desk", "text", "role", "g1", "groups", "all")
	f.Add("a&b=c", "\u202e", "", "", "none", "")
	f.Fuzz(func(t *testing.T, name, desc, role, group, users, devices string) {
		q := map[string][]string{"name": {name}, "desc": {desc}, "role": {role}, "a": {group, group}, "u": {users}, "d": {devices}}
		d := readDraft("new", q)
		again, err := http.NewRequest(http.MethodGet, "/?"+d.Query(), nil)
		if err != nil {
			t.Fatal(err)
		}
		if got := readDraft("new", again.URL.Query()); got.Name != d.Name || got.Description != d.Description || !slices.Equal(got.Admins, d.Admins) ||
			got.Users != d.Users || got.Devices != d.Devices {
			t.Errorf("%+v became %+v", d, got)
		}
		if a := d.assignment(); a.UserScope.Named() && users != "all" && users != "groups" {
			t.Errorf("%q named users", users)
		}
		d.check("review")
	})
}

func TestBars(t *testing.T) {
	got := bars(map[string]int{"a": 5, "b": 10, "c": 1, "d": 2}, nil, 2)
	if len(got) != 3 || got[0].ID != "b" || got[0].Width != 100 || got[1].Width != 50 || !got[2].Others || got[2].N != 3 || got[2].Name != "2" {
		t.Errorf("%+v", got)
	}
}
