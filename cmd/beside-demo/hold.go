package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"time"

	"beside/internal/proc"
	"beside/internal/stage"
)

// event is a line that an app on autopilot prints.
type event struct {
	Event string `json:"event"` // code, started, ended, error
	Code  string `json:"code"`
	Path  string `json:"path"`
}

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

// hold brings a session up with both apps on autopilot, writes held to out, and waits until ctx ends.
func hold(ctx context.Context, g *proc.Group, o options, out io.Writer) error {
	var err error
	for name, d := range map[string]*string{"sharer": &o.sharerDisplay, "helper": &o.helperDisplay} {
		if *d == "" {
			if *d, err = stage.StartDisplay(ctx, g, name, o.size); err != nil {
				return err
			}
		}
	}
	e, err := stage.StartEndpoint(ctx, g, stage.EndpointOptions{
		Binary: o.program("beside-endpoint-dev"), Prefix: o.execEndpoint,
		Data: filepath.Join(o.work, "endpoint"), Host: o.address,
	})
	if err != nil {
		return err
	}
	helper, code, err := startAuto(g, e, o, "helper", o.helperDisplay, o.execHelper, helperUser(e, o))
	if err != nil {
		return err
	}
	limit := time.After(2 * time.Minute)
	c, err := next(ctx, helper, code, limit, "code")
	if err != nil {
		return err
	}
	sharer, events, err := startAuto(g, e, o, "sharer", o.sharerDisplay, o.execSharer, sharerUser(e, o))
	if err != nil {
		return err
	}
	if _, err := fmt.Fprintln(sharer.Process.Stdin, c.Code); err != nil {
		return fmt.Errorf("telling the sharer the code: %w", err)
	}
	if _, err := next(ctx, sharer, events, limit, "started"); err != nil {
		return err
	}
	started, err := next(ctx, helper, code, limit, "started")
	if err != nil {
		return err
	}
	line := held{
		Ready: true, Sharer: sharer.Process.PID, Helper: helper.Process.PID, Endpoint: e.Process.PID,
		Path: started.Path, SharerDisplay: o.sharerDisplay, HelperDisplay: o.helperDisplay,
	}
	if err := json.NewEncoder(out).Encode(line); err != nil {
		return err
	}
	select {
	case <-ctx.Done():
		return nil // asked to end: that is success
	case <-helper.Process.Done():
		return errors.New("the helper's app ended")
	case <-sharer.Process.Done():
		return errors.New("the sharer's app ended")
	case <-e.Process.Done():
		return errors.New("the endpoint ended")
	}
}

// startAuto starts an app that signs in, and does its person's part, by itself.
func startAuto(g *proc.Group, e *stage.Endpoint, o options, role, display string, prefix []string, user string) (*stage.App, <-chan event, error) {
	events := make(chan event, 64)
	args := []string{
		"-auto", role, "-auto-user", user, "-auto-mode", o.mode,
		"-browser", o.self("sign-in", "-ca", e.CA, "-user", user),
	}
	if o.fullScreen && role == "helper" {
		args = append(args, "-fullscreen")
	}
	app, err := stage.StartApp(g, e, stage.AppOptions{
		Name: role, Binary: o.program("beside-dev"), Prefix: prefix, Home: filepath.Join(o.work, role),
		Display: display, Lang: o.lang, Dark: o.dark, Own: true, Args: args, Stdin: true,
		Line: func(s string) {
			var ev event
			if json.Unmarshal([]byte(s), &ev) == nil && ev.Event != "" {
				select {
				case events <- ev:
				default: // nobody reads any more
				}
			}
		},
	})
	return app, events, err
}

// next waits for the named event and passes over others, except those that say it will not come.
func next(ctx context.Context, app *stage.App, events <-chan event, limit <-chan time.Time, name string) (event, error) {
	for {
		select {
		case ev := <-events:
			switch ev.Event {
			case name:
				return ev, nil
			case "ended", "error":
				return ev, fmt.Errorf("the %s's session ended before it %s: %s", app.Process.Name, name, ev.Code)
			}
		case <-app.Process.Done():
			return event{}, fmt.Errorf("the %s's app ended before it had %q", app.Process.Name, name)
		case <-limit:
			return event{}, fmt.Errorf("the %s's app did not get to %q", app.Process.Name, name)
		case <-ctx.Done():
			return event{}, ctx.Err()
		}
	}
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
