package admin

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"html/template"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"beside/policy"
	"beside/server/directory"
)

//go:embed templates
var templateFiles embed.FS

//go:embed words
var wordFiles embed.FS

var languages = []string{"en", "nl"}

// words are one language's, by key.
type words map[string]string

func loadWords() (map[string]words, error) {
	out := map[string]words{}
	for _, l := range languages {
		b, err := wordFiles.ReadFile("words/" + l + ".json")
		if err != nil {
			return nil, err
		}
		w := words{}
		if err := json.Unmarshal(b, &w); err != nil {
			return nil, fmt.Errorf("admin: words %s: %w", l, err)
		}
		out[l] = w
	}
	return out, nil
}

// pages are the templates, each with the layout around it.
type pages map[string]*template.Template

func loadPages() (pages, error) {
	funcs := template.FuncMap{
		"marks": marks, "initials": initials, "pair": pairOf, "list": func(v ...any) []any { return v },
		"add": func(a, b int) int { return a + b }, "short": shortID, "lower": strings.ToLower,
	}
	base, err := template.New("").Funcs(funcs).ParseFS(templateFiles, "templates/layout.html", "templates/parts.html")
	if err != nil {
		return nil, err
	}
	all, err := fs.Glob(templateFiles, "templates/*.html")
	if err != nil {
		return nil, err
	}
	out := pages{}
	for _, f := range all {
		name := strings.TrimSuffix(path.Base(f), ".html")
		if name == "layout" || name == "parts" {
			continue
		}
		t, err := base.Clone()
		if err != nil {
			return nil, err
		}
		if out[name], err = t.ParseFS(templateFiles, f); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// view is what a template sees.
type view struct {
	v      *visit
	Title  string
	Nav    string // which of the navigation is current
	Lang   string
	Theme  string
	Who    person
	D      any
	Active int // sessions running now; -1 unknown
	Gate   bool
}

func (v *visit) show(page, title, nav string, d any) { v.status(http.StatusOK, page, title, nav, d) }

func (v *visit) status(code int, page, title, nav string, d any) {
	x := view{v: v, Title: title, Nav: nav, Lang: v.lang, Theme: v.dark, Who: v.who, D: d, Active: -1, Gate: page == "signin"}
	if !x.Gate {
		if n, err := v.s.running(v.r.Context()); err == nil {
			x.Active = n
		}
	}
	var b bytes.Buffer
	if err := v.s.pages[page].ExecuteTemplate(&b, "layout", x); err != nil {
		v.s.o.Log.ErrorContext(v.r.Context(), "admin page", "page", page, "err", err)
		http.Error(v.w, "This page could not be made.", http.StatusInternalServerError)
		return
	}
	v.w.Header().Set("Content-Type", "text/html; charset=utf-8")
	v.w.WriteHeader(code)
	_, _ = b.WriteTo(v.w)
}

// T is the text for a key. args are name, value pairs for {name}.
func (x view) T(key string, args ...any) string { return x.v.t(key, args...) }

func (v *visit) t(key string, args ...any) string {
	text, ok := v.s.words[v.lang][key]
	if !ok {
		return key
	}
	for i := 0; i+1 < len(args); i += 2 {
		text = strings.ReplaceAll(text, "{"+fmt.Sprint(args[i])+"}", fmt.Sprint(args[i+1]))
	}
	return text
}

// piece is a stretch of a sentence: our words, or hostile text that is set apart.
type piece struct {
	Text string
	Name bool
}

// Say is the sentence for a key with names in it, in pieces for the template "say".
func (x view) Say(key string, args ...any) []piece {
	text := x.T(key)
	var out []piece
	for {
		i := strings.IndexByte(text, '{')
		j := strings.IndexByte(text, '}')
		if i < 0 || j < i {
			return append(out, piece{Text: text})
		}
		out = append(out, piece{Text: text[:i]})
		for k := 0; k+1 < len(args); k += 2 {
			if fmt.Sprint(args[k]) == text[i+1:j] {
				out = append(out, piece{Text: fmt.Sprint(args[k+1]), Name: true})
			}
		}
		text = text[j+1:]
	}
}

// N is a number as the language writes it.
func (x view) N(n int) string {
	s := strconv.Itoa(n)
	sep := ","
	if x.Lang == "nl" {
		sep = "."
	}
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + sep + s[i:]
	}
	return s
}

// At is a moment in the site's time zone.
func (x view) At(t time.Time) moment { return moment{t.In(x.v.s.o.Zone), x.v} }

// Now is the time.
func (x view) Now() moment { return moment{x.v.s.o.Now().In(x.v.s.o.Zone), x.v} }

// May says whether the visitor's role is enough.
func (x view) May(r string) bool {
	return x.Who.Role >= map[string]role{"auditor": auditor, "operator": operator, "admin": admin}[r]
}

// Asset is the address of a file that never changes under it.
func (x view) Asset(name string) string { return "/admin/static/" + x.v.s.static[name].address }

// Version and Zone stand in the footer.
func (x view) Version() string { return x.v.s.o.Version }

// Zone is the name of the time zone with its offset.
func (x view) Zone() string {
	now := x.v.s.o.Now().In(x.v.s.o.Zone)
	name := x.v.s.o.Zone.String()
	if name == "Local" {
		name = now.Format("MST")
	}
	return name + now.Format(" (UTC-07:00)")
}

// Icon is one of the sprite.
func (x view) Icon(name string) string { return x.Asset("icons.svg") + "#" + name }

// With passes one more value to a template.
func (x view) With(d any) view { x.D = d; return x }

// Company is the organisation.
func (x view) Company() string { return x.v.s.company(x.v.r.Context()) }

// Rights are the steps of the ladder that r includes, the highest last.
func (x view) Rights(r policy.Right) []string { return ladder(r) }

func ladder(r policy.Right) []string {
	var out []string
	switch {
	case r&policy.Control != 0:
		out = append(out, "control")
	case r&policy.View != 0 && r&policy.Unattended == 0:
		out = append(out, "view")
	}
	if r&policy.Elevate != 0 {
		out = append(out, "elevation")
	}
	if r&policy.Unattended != 0 {
		out = append(out, "unattended")
	}
	return out
}

// Long is a length of time as minutes and seconds, or hours.
func (x view) Long(d time.Duration) string {
	d = d.Round(time.Second)
	if d < 0 {
		d = 0
	}
	if d >= time.Hour {
		return fmt.Sprintf("%d:%02d:%02d", int(d.Hours()), int(d.Minutes())%60, int(d.Seconds())%60)
	}
	return fmt.Sprintf("%d:%02d", int(d.Minutes()), int(d.Seconds())%60)
}

// Device is the state of a device as one of ok, bad, warn, dash with its words' key.
func (x view) Device(s policy.DeviceState) [3]string {
	switch s {
	case policy.StateCompliant:
		return [3]string{"ok", "circle-check", "comp.ok"}
	case policy.StateNotCompliant:
		return [3]string{"bad", "circle-x", "comp.no"}
	case policy.StateNotEnrolled:
		return [3]string{"dash", "circle-minus", "comp.none"}
	case policy.StateUnknown:
	}
	return [3]string{"warn", "circle-help", "comp.unknown"}
}

// moment is a time that knows how it is written.
type moment struct {
	time.Time
	v *visit
}

// Machine is for computers.
func (m moment) Machine() string { return m.Format(time.RFC3339) }

// Clock is the time of the day.
func (m moment) Clock() string { return m.Format("15:04") }

// Seconds is the time of the day with seconds.
func (m moment) Seconds() string { return m.Format("15:04:05") }

// Day is the day and month, with the year when it is not this one.
func (m moment) Day() string {
	s := strconv.Itoa(m.Time.Day()) + " " + m.v.t("month."+strconv.Itoa(int(m.Month())))
	if m.Year() != m.v.s.o.Now().In(m.Location()).Year() {
		s += " " + strconv.Itoa(m.Year())
	}
	return s
}

// seg is a stretch of hostile text: as it is, or a mark in place of a character that hides.
type seg struct{ Text, Mark string }

// marks cuts hostile text into what can be shown and what must be named instead.
func marks(s string) []seg {
	var out []seg
	var run strings.Builder
	flush := func() {
		if run.Len() > 0 {
			out = append(out, seg{Text: run.String()})
			run.Reset()
		}
	}
	for i, r := range s {
		if r == utf8.RuneError {
			if _, n := utf8.DecodeRuneInString(s[i:]); n == 1 {
				flush()
				out = append(out, seg{Mark: fmt.Sprintf("0x%02X", s[i])})
				continue
			}
		}
		if hides(r) {
			flush()
			out = append(out, seg{Mark: fmt.Sprintf("U+%04X", r)})
			continue
		}
		run.WriteRune(r)
	}
	flush()
	return out
}

// hides says whether a character is a control, has no width or reorders its neighbours.
func hides(r rune) bool {
	switch {
	case r < 0x20, r >= 0x7f && r <= 0x9f, r == 0x61c, r >= 0x200b && r <= 0x200f, r >= 0x2028 && r <= 0x202e,
		r >= 0x2060 && r <= 0x2069, r == 0xfeff, r >= 0xe0000 && r <= 0xe007f:
		return true
	}
	return false
}

// initials are at most two letters.
func initials(name string) string {
	var out []rune
	fields := strings.FieldsFunc(name, func(r rune) bool { return r == ' ' || r == '-' })
	for i, f := range fields {
		if i == 0 || i == len(fields)-1 {
			r, _ := utf8.DecodeRuneInString(f)
			if !hides(r) && r != utf8.RuneError {
				out = append(out, r)
			}
		}
	}
	if len(out) == 0 {
		return "?"
	}
	return strings.ToUpper(string(out))
}

// pairOf is which of five colour pairs a person has.
func pairOf(id string) string {
	h := fnv.New32a()
	_, _ = h.Write([]byte(id))
	return "a" + strconv.Itoa(int(h.Sum32()%5))
}

func shortID(id string) string {
	if len(id) <= 10 {
		return id
	}
	return id[:4] + "…" + id[len(id)-4:]
}

// asset is a static file with the address that names its content.
type asset struct {
	address, kind string
	body          []byte
}

func assets(files fs.FS) (map[string]asset, error) {
	out := map[string]asset{}
	names, err := fs.Glob(files, "*")
	if err != nil {
		return nil, err
	}
	add := func(name string, b []byte) {
		sum := sha256.Sum256(b)
		ext := path.Ext(name)
		out[name] = asset{
			address: strings.TrimSuffix(name, ext) + "." + hex.EncodeToString(sum[:6]) + ext,
			kind:    mime.TypeByExtension(ext), body: b,
		}
	}
	var css []byte
	for _, name := range names {
		b, err := fs.ReadFile(files, name)
		if err != nil {
			return nil, err
		}
		if path.Ext(name) == ".css" {
			css = b // after the fonts that it names
			continue
		}
		add(name, b)
	}
	for name, a := range out {
		css = bytes.ReplaceAll(css, []byte(`url("`+name+`")`), []byte(`url("`+a.address+`")`))
	}
	add("beside.css", css)
	return out, nil
}

func (s *Site) serveStatic(w http.ResponseWriter, r *http.Request) {
	for _, a := range s.static {
		if a.address == r.PathValue("name") {
			w.Header().Set("Content-Type", a.kind)
			w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
			_, _ = w.Write(a.body)
			return
		}
	}
	http.NotFound(w, r)
}

// everybody are the first n of a list.
func everybody(n int) directory.Query { return directory.Query{Limit: n} }
