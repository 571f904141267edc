//go:build e2e

package e2e

import (
	"cmp"
	"context"
	"fmt"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"beside/internal/proc"
	"beside/internal/screenbot"
	"beside/internal/stage"
)

// Colours of the two desktops: the helper's view is recognised by the sharer's.
const (
	helperDesktop = 0x4a4f63
	sharerDesktop = 0x2f6f6a
)

// bin is the path of a built program.
func bin(t *testing.T, name string) string {
	t.Helper()
	dir := os.Getenv("BESIDE_BIN")
	if dir == "" {
		t.Fatal("BESIDE_BIN is not set: run make e2e")
	}
	path := filepath.Join(dir, name)
	if _, err := os.Stat(path); err != nil {
		t.Fatal(err)
	}
	return path
}

// scene is two people with the app open, and a terminal on the sharer's desktop that writes
// each line typed into it to a file.
type scene struct {
	t              *testing.T
	g              *proc.Group
	endpoint       *stage.Endpoint
	work           string // folder of everything
	data           string // of the endpoint
	helper, sharer *stage.Actor
	terminal       image.Rectangle
	file           string
	secrets        secrets
}

// cast says who plays; empty fields stand for Noa and Sam, a compliant device, plain apps.
type cast struct {
	state          string // of Sam's device
	helper, sharer string // begin of the name to sign in with
	prefix         []string
	net            *network          // nil: all are in the network of this process
	relay          bool              // media go by way of the endpoint, and no other
	printed        func(line string) // gets what the helper's app prints with -stats; nil: without
}

// open sets a scene with Noa and Sam.
func open(t *testing.T, state string) *scene {
	t.Helper()
	return openWith(t, cast{state: state})
}

// openWith sets a scene. Everything ends with the test, and nothing that was secret may then
// be in any file; when the test failed, what the displays showed and what the programs logged
// is kept in the folder that the log names.
func openWith(t *testing.T, c cast) *scene {
	t.Helper()
	work, err := os.MkdirTemp("", "beside-e2e-")
	if err != nil {
		t.Fatal(err)
	}
	s := &scene{t: t, work: work, data: filepath.Join(work, "endpoint"), file: filepath.Join(work, "typed")}
	if s.g, err = proc.New(filepath.Join(work, "log")); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.close)
	ctx := t.Context()
	o, app := stage.EndpointOptions{Binary: bin(t, "beside-endpoint-dev"), Data: s.data, State: c.state, Prefix: c.net.in("hub"), Host: c.net.host()}, stage.AppOptions{Prefix: c.prefix}
	if c.relay {
		o.Relay, app.Args = "127.0.0.1:0", []string{"-relay-only"}
	}
	if s.endpoint, err = stage.StartEndpoint(ctx, s.g, o); err != nil {
		t.Fatal(err)
	}
	noa, sam := s.endpoint.Person(cmp.Or(c.helper, "noa"), ""), s.endpoint.Person(cmp.Or(c.sharer, "sam"), "")
	if s.helper, err = stage.Enter(ctx, s.g, "helper", noa, work, image.Pt(1440, 900), helperDesktop); err != nil {
		t.Fatal(err)
	}
	if s.sharer, err = stage.Enter(ctx, s.g, "sharer", sam, work, image.Pt(1280, 800), sharerDesktop); err != nil {
		t.Fatal(err)
	}
	s.openTerminal()
	for _, a := range []*stage.Actor{s.helper, s.sharer} {
		app.Prefix = append(c.net.in(a.Name), c.prefix...)
		mine := app
		if a == s.helper && c.printed != nil {
			mine.Line, mine.Args = c.printed, append(slices.Clone(app.Args), "-stats")
		}
		s.start(a, mine)
	}
	return s
}

func (s *scene) close() {
	t := s.t
	if t.Failed() {
		for _, a := range []*stage.Actor{s.helper, s.sharer} {
			if a != nil {
				keep(filepath.Join(s.work, a.Name+".png"), a)
			}
		}
	}
	s.g.Close()
	if left := proc.Descendants(os.Getpid()); len(left) > 0 {
		t.Errorf("processes left: %v", left)
	}
	s.secrets.search(t, s.work, s.file)
	if t.Failed() {
		t.Logf("pictures and logs: %s", s.work)
		return
	}
	if err := os.RemoveAll(s.work); err != nil {
		t.Error(err)
	}
}

// start opens the app for somebody. The demo signs in in a real browser; here a robot answers
// the page, which is faster.
func (s *scene) start(a *stage.Actor, o stage.AppOptions) { s.startAt(a, o, "start.get") }

// startAt opens an app whose first page is another.
func (s *scene) startAt(a *stage.Actor, o stage.AppOptions, first string) {
	s.t.Helper()
	o.Binary = bin(s.t, "beside-dev")
	o.Browser = strings.Join([]string{bin(s.t, "beside-demo"), "sign-in", "-ca", s.endpoint.CA, "-user", a.User}, " ")
	s.must(a.OpenAt(s.t.Context(), s.g, s.endpoint, "", o, first))
}

func (s *scene) openTerminal() {
	s.t.Helper()
	if _, err := s.g.Start(proc.Spec{
		Name: "terminal", Argv: []string{"xterm", "-T", "target", "-geometry", "70x24", "-e", "cat > " + s.file},
		Env: []string{"DISPLAY=" + s.sharer.Display},
	}); err != nil {
		s.t.Fatal(err)
	}
	s.placeTerminal()
}

// placeTerminal puts the terminal where our windows are not.
func (s *scene) placeTerminal() {
	s.t.Helper()
	isTerminal := func(w screenbot.Window) bool { return w.Title == "target" }
	w, err := s.sharer.Window(s.t.Context(), "the terminal", isTerminal)
	s.must(err)
	s.must(s.sharer.Bot.Place(w.ID, image.Pt(560, 200), image.Point{}))
	s.must(s.wait(10*time.Second, "the terminal in its place", func() error {
		now, err := s.sharer.Window(s.t.Context(), "the terminal", isTerminal)
		if err == nil && (now.Rect.Min.X < 550 || now.Rect.Min.X > 600) {
			err = screenbot.ErrNotThere
		}
		s.terminal = now.Rect
		return err
	}))
}

// pair lets both sign in and the sharer type the code; the helper then sees who it is.
func (s *scene) pair() {
	s.t.Helper()
	s.join(s.code())
	s.must(see(s.helper, "who.title"))
}

// code lets the helper make a code.
func (s *scene) code() string {
	s.t.Helper()
	s.must(s.helper.Press(s.t.Context(), "start.give"))
	code, err := s.helper.Code(s.t.Context())
	s.must(err)
	s.secrets.code(code)
	return code
}

// join lets the sharer type a code.
func (s *scene) join(code string) {
	s.t.Helper()
	s.must(s.sharer.Press(s.t.Context(), "start.get"))
	s.enter(code)
}

// enter types a code into the field that the sharer sees.
func (s *scene) enter(code string) {
	s.t.Helper()
	s.must(s.sharer.TypeCode(s.t.Context(), code))
	s.must(s.sharer.Press(s.t.Context(), "join.go"))
}

// ask lets the helper ask for a mode, "mode.view" or "mode.control".
func (s *scene) ask(mode string) {
	s.t.Helper()
	s.must(s.helper.Press(s.t.Context(), mode))
	s.must(s.helper.Press(s.t.Context(), "mode.go"))
	s.must(see(s.sharer, "allow"))
}

// allow lets the sharer allow it and waits until the helper sees the desktop.
func (s *scene) allow() {
	s.t.Helper()
	s.answer("allow")
	s.must(see(s.helper, "v.end"))
	s.view()
}

// answer presses a button of the question, as late as a person would.
func (s *scene) answer(button string) {
	s.t.Helper()
	s.must(see(s.sharer, button))
	time.Sleep(800 * time.Millisecond) // the dialog ignores what comes too early
	s.must(s.sharer.Press(s.t.Context(), button))
}

// control brings a session to full control.
func (s *scene) control() {
	s.t.Helper()
	s.pair()
	s.ask("mode.control")
	s.allow()
	s.must(see(s.sharer, "stop"))
}

// over waits until both see the end page, and says how long after start that was.
func (s *scene) over(what string, start time.Time) {
	s.t.Helper()
	s.must(see(s.sharer, "e.sharer.title"))
	s.must(see(s.helper, "e.helper.title"))
	s.promised("both saw the end after "+what, time.Since(start), 2*time.Second, 4*time.Second)
	if shows(s.sharer, "stop") {
		s.t.Error("the session bar is still there after the end")
	}
}

// promised compares a time with what is promised. It fails above what this would still be on
// a machine that does much else.
func (s *scene) promised(what string, took, promise, limit time.Duration) {
	s.t.Helper()
	s.t.Logf("%s: %v (promised: %v)", what, took.Round(10*time.Millisecond), promise)
	if took > limit {
		s.t.Errorf("%s took %v, over %v", what, took, limit)
	}
}

// press clicks a button and says when.
func (s *scene) press(a *stage.Actor, names ...string) time.Time {
	s.t.Helper()
	s.must(a.Drawn(s.t.Context(), names...))
	e, err := a.See(s.t.Context(), names...)
	s.must(err)
	start := time.Now()
	s.must(a.Bot.Click(e.Middle()))
	return start
}

// view is where the helper sees the sharer's desktop.
func (s *scene) view() image.Rectangle {
	s.t.Helper()
	r, err := s.helper.Shown(s.t.Context(), sharerDesktop, 20000)
	s.must(err)
	return r
}

// there is where the helper sees a point of the sharer's screen.
func (s *scene) there(p image.Point) image.Point {
	s.t.Helper()
	view, size := s.view(), s.sharer.Bot.Size()
	return view.Min.Add(image.Pt(p.X*view.Dx()/size.X, p.Y*view.Dy()/size.Y))
}

// point clicks into the terminal in the helper's view.
func (s *scene) point() {
	s.t.Helper()
	s.must(s.helper.Bot.Click(s.there(middle(s.terminal))))
	time.Sleep(500 * time.Millisecond) // as long as a hand needs from mouse to keyboard
}

func middle(r image.Rectangle) image.Point { return r.Min.Add(r.Size().Div(2)) }

// types types a line as the helper and says whether it stands in the sharer's terminal.
func (s *scene) types(line string, limit time.Duration) error {
	s.t.Helper()
	s.secrets.typed(line)
	for _, r := range line + "\n" {
		s.must(s.helper.Bot.Type(string(r)))
		time.Sleep(15 * time.Millisecond) // a very fast typist
	}
	return s.wait(limit, "the line in the sharer's terminal", func() error {
		if got := s.typed(); !strings.Contains(got, line+"\n") {
			return fmt.Errorf("the terminal got %q", got)
		}
		return nil
	})
}

// typed is all that the sharer's terminal got.
func (s *scene) typed() string {
	s.t.Helper()
	b, err := os.ReadFile(s.file)
	s.must(err)
	return string(b)
}

func (s *scene) wait(limit time.Duration, what string, try func() error) error {
	return stage.WaitFor(s.t.Context(), limit, what, try)
}

func (s *scene) must(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

// see waits for one of names.
func see(a *stage.Actor, names ...string) error {
	_, err := a.See(context.Background(), names...)
	return err
}

// shows says whether the app shows one of names now.
func shows(a *stage.Actor, names ...string) bool {
	_, err := find(a, names...)
	return err == nil
}

// find is one of names that the app shows now.
func find(a *stage.Actor, names ...string) (screenbot.Element, error) {
	es, err := screenbot.ReadMap(a.App.Map)
	if err != nil {
		return screenbot.Element{}, err
	}
	return es.Find(names...)
}

// keep saves what a display shows.
func keep(name string, a *stage.Actor) {
	img, err := a.Bot.Picture()
	if err != nil {
		return
	}
	f, err := os.Create(name)
	if err != nil {
		return
	}
	defer f.Close()
	_ = png.Encode(f, img)
}
