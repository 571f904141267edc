package stage

import (
	"fmt"
	"image"
	"os"
	"path/filepath"
	"testing"
	"time"

	"beside/internal/proc"
)

// TestBrowserEnv: xdg-open runs our command with the address as it was, with and without a display.
func TestBrowserEnv(t *testing.T) {
	g, err := proc.New(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer g.Close()
	display, err := StartDisplay(t.Context(), g, "test", image.Pt(640, 480))
	if err != nil {
		t.Fatal(err)
	}
	for name, display := range map[string]string{"display": display, "no display": ""} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			script, out := filepath.Join(dir, "browser"), filepath.Join(dir, "out")
			if err := os.WriteFile(script, []byte("#!/bin/sh\nprintf %s \"$*\" > "+out+".new && mv "+out+".new "+out+"\n"), 0o700); err != nil {
				t.Fatal(err)
			}
			env, err := browserEnv(filepath.Join(dir, "data"), filepath.Join(dir, "config"), script+" -profile p")
			if err != nil {
				t.Fatal(err)
			}
			const address = "http://127.0.0.1:1/t/authorize?a=1&b=%20c&redirect_uri=http%3A%2F%2Flocalhost%3A45991"
			if _, err := g.Start(proc.Spec{
				Name: "xdg-open", Argv: []string{"xdg-open", address},
				Env: append(env, "DISPLAY="+display, "XDG_CONFIG_HOME="+filepath.Join(dir, "config"), "DBUS_SESSION_BUS_ADDRESS=unix:path="+dir+"/no-bus"),
			}); err != nil {
				t.Fatal(err)
			}
			if err := WaitFor(t.Context(), 20*time.Second, "the browser", func() error {
				b, err := os.ReadFile(out)
				if err == nil && string(b) != "-profile p "+address {
					err = fmt.Errorf("called with %q", b)
				}
				return err
			}); err != nil {
				t.Error(err)
			}
		})
	}
}
