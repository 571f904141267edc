package main

import (
	"errors"
	"image"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"beside/internal/proc"
	"beside/internal/stage"
)

// The stand-in speaks the line that the real endpoint speaks.
const endpointStandIn = `#!/bin/sh
echo $$ > "$BESIDE_TEST/endpoint"
echo '{"ready":true,"endpoint":"https://127.0.0.1:1","authority":"https://127.0.0.1:1/t","ca":"ca.pem","tenant":"t","client_id":"c","api":"api://a","people":["noa.w@x","sam.r@x"]}'
exec sleep 600
`

// TestHoldFails: what cannot stand is said, and nothing is left. That a session stands is shown
// with the real programs.
func TestHoldFails(t *testing.T) {
	for name, c := range map[string]struct {
		display string // of the sharer and the helper; "": one of its own
		want    error  // nil: any
	}{
		"no such display": {display: ":9999"},
		"the app ends":    {want: stage.ErrEnded},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			for name, script := range map[string]string{"beside-endpoint-dev": endpointStandIn, "beside-dev": "#!/bin/sh\nexit 3\n"} {
				if err := os.WriteFile(filepath.Join(dir, name), []byte(script), 0o700); err != nil {
					t.Fatal(err)
				}
			}
			t.Setenv("BESIDE_TEST", dir)
			o, err := parse([]string{"-bin", dir, "-hold", "-fullscreen", "-sharer-display", c.display, "-helper-display", c.display})
			if err != nil {
				t.Fatal(err)
			}
			o.work, o.size = t.TempDir(), image.Pt(640, 480)
			g, err := proc.New(filepath.Join(o.work, "log"))
			if err != nil {
				t.Fatal(err)
			}
			defer g.Close()
			if err := hold(t.Context(), g, o, os.Stdout); err == nil || c.want != nil && !errors.Is(err, c.want) {
				t.Errorf("got %v, want %v", err, c.want)
			}
			g.Close()
			for _, pid := range proc.Descendants(os.Getpid()) {
				if err := syscall.Kill(pid, 0); err == nil {
					t.Errorf("process %d is left", pid)
				}
			}
		})
	}
}
