package main

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"path/filepath"
	"strings"
	"time"

	"beside/internal/pause"
	"beside/internal/proc"
	"beside/internal/stage"
)

// held is the line that says that the session stands.
type held struct {
	Ready    bool   `json:"ready"`
	Sharer   int    `json:"sharer_pid"`
	Helper   int    `json:"helper_pid"`
	Endpoint int    `json:"endpoint_pid"`
	Path     string `json:"path"` // direct or relay
	// Where to look, for those who left the displays to us.
	SharerDisplay string `json:"sharer_display"`
	HelperDisplay string `json:"helper_display"`
}

// hold brings a session up by doing in both apps' windows what their people would do, writes held to
// out, leaves the windows alone, and waits until ctx ends.
func hold(ctx context.Context, g *proc.Group, o options, out io.Writer) error {
	for name, d := range map[string]*string{"sharer": &o.sharerDisplay, "helper": &o.helperDisplay} {
		if *d != "" {
			continue
		}
		var err error
		if *d, err = stage.StartDisplay(ctx, g, name, o.size); err != nil {
			return err
		}
	}
	e, err := stage.StartEndpoint(ctx, g, stage.EndpointOptions{
		Binary: o.program("beside-endpoint-dev"), Prefix: o.execEndpoint,
		Data: filepath.Join(o.work, "endpoint"), Host: o.address,
	})
	if err != nil {
		return err
	}
	s := &holding{g: g, e: e, o: o}
	if err := s.begin(ctx); err != nil {
		return err
	}
	if err := json.NewEncoder(out).Encode(held{
		Ready: true, Sharer: s.sharer.Process.PID, Helper: s.helper.Process.PID, Endpoint: e.Process.PID,
		Path: s.path, SharerDisplay: o.sharerDisplay, HelperDisplay: o.helperDisplay,
	}); err != nil {
		return err
	}
	select {
	case <-ctx.Done():
		return nil // asked to end: that is success
	case <-s.helper.Process.Done():
		return errors.New("the helper's app ended")
	case <-s.sharer.Process.Done():
		return errors.New("the sharer's app ended")
	case <-e.Process.Done():
		return errors.New("the endpoint ended")
	}
}

// holding is a session that is being brought up.
type holding struct {
	g              *proc.Group
	e              *stage.Endpoint
	o              options
	helper, sharer *stage.App
	path           string
}

// begin plays both people until the session stands, and leaves nothing of theirs on the displays.
func (s *holding) begin(ctx context.Context) error {
	helper, err := s.enter(ctx, "helper", s.o.helperDisplay, s.o.execHelper, helperUser(s.e, s.o))
	if err != nil {
		return err
	}
	defer helper.Leave()
	sharer, err := s.enter(ctx, "sharer", s.o.sharerDisplay, s.o.execSharer, sharerUser(s.e, s.o))
	if err != nil {
		return err
	}
	defer sharer.Leave()
	s.helper, s.sharer = helper.App, sharer.App

	if err := helper.Press(ctx, "start.give"); err != nil { // signs in by its browser command
		return err
	}
	code, err := helper.Code(ctx)
	if err != nil {
		return err
	}
	if err := sharer.Press(ctx, "start.get"); err != nil {
		return err
	}
	if err := sharer.TypeCode(ctx, code); err != nil {
		return err
	}
	if err := sharer.Press(ctx, "join.go"); err != nil {
		return err
	}
	for _, name := range []string{"mode." + s.o.mode, "mode.go"} {
		if err := helper.Press(ctx, name); err != nil {
			return err
		}
	}
	if err := sharer.Drawn(ctx, "allow"); err != nil {
		return err
	}
	if err := pause.For(ctx, 800*time.Millisecond); err != nil { // the dialog ignores what comes too early
		return err
	}
	if err := sharer.Press(ctx, "allow"); err != nil {
		return err
	}
	if _, err := sharer.See(ctx, "stop"); err != nil { // the session bar
		return err
	}
	if err := s.arrange(ctx, helper); err != nil {
		return err
	}
	return sharer.Still(ctx)
}

// enter opens a person's app on a display that is there.
func (s *holding) enter(ctx context.Context, name, display string, prefix []string, user string) (*stage.Actor, error) {
	a, err := stage.At(display, name, user, s.o.work)
	if err != nil {
		return nil, err
	}
	command := s.o.self("sign-in", "-ca", s.e.CA, "-user", user)
	if err := a.Open(ctx, s.g, s.e, s.o.program("beside-demo"), stage.AppOptions{
		Binary: s.o.program("beside-dev"), Prefix: prefix, Lang: s.o.lang, Dark: s.o.dark,
		Browser: command, Args: []string{"-browser", command},
	}); err != nil {
		a.Leave()
		return nil, err
	}
	return a, nil
}

// arrange makes the helper's picture one to one and, if asked, as large as the screen with nothing
// over it, and reads from the toolbar which path the session has.
func (s *holding) arrange(ctx context.Context, helper *stage.Actor) error {
	if err := stage.WaitFor(ctx, time.Minute, "the helper's meter", func() error {
		m, err := helper.See(ctx, "meter")
		if err != nil {
			return err
		}
		_, path, known := strings.Cut(m.Label, " · ")
		switch {
		case !known:
			return errors.New("the meter shows nothing yet")
		case path == "Direct": // in both languages
			s.path = "direct"
		default:
			s.path = "relay"
		}
		return nil
	}); err != nil {
		return err
	}
	if err := helper.Press(ctx, "v.actual"); err != nil {
		return err
	}
	if !s.o.fullScreen {
		return helper.Still(ctx)
	}
	if err := helper.Press(ctx, "v.full"); err != nil {
		return err
	}
	// Away from the edge that brings the toolbar back.
	size := helper.Bot.Size()
	if err := helper.Bot.Move(size.Div(2)); err != nil {
		return err
	}
	return helper.Still(ctx)
}

// helperUser and sharerUser are the demo people of the scenario.
func helperUser(e *stage.Endpoint, o options) string {
	if o.helperUser != "" {
		return o.helperUser
	}
	return e.Person("noa", "noa.winters@halden.example")
}

func sharerUser(e *stage.Endpoint, o options) string {
	if o.sharerUser != "" {
		return o.sharerUser
	}
	return e.Person("sam", "sam.rivers@halden.example")
}

// given is the name a person is called by, guessed from the sign-in name.
func given(user string) string {
	name, _, _ := strings.Cut(user, "@")
	name, _, _ = strings.Cut(name, ".")
	if name == "" {
		return user
	}
	return strings.ToUpper(name[:1]) + name[1:]
}
