//go:build e2e

package e2e

import (
	"bytes"
	"encoding/json"
	"image/png"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"beside/internal/proc"
	"beside/internal/stage"
)

// TestDemo plays the demo as make demo does on a machine without a display.
func TestDemo(t *testing.T) {
	for name, args := range map[string][]string{"english light": nil, "dutch dark": {"-lang", "nl", "-dark"}} {
		t.Run(name, func(t *testing.T) {
			out := t.TempDir()
			g, err := proc.New(t.TempDir())
			if err != nil {
				t.Fatal(err)
			}
			defer g.Close()
			var lines []string
			p, err := g.Start(proc.Spec{
				Name: "demo", Argv: append([]string{bin(t, "beside-demo"), "-headless", "-out", out}, args...),
				Line: func(s string) { lines = append(lines, s) },
			})
			if err != nil {
				t.Fatal(err)
			}
			<-p.Done()
			t.Log(strings.Join(lines, "\n"))
			if p.Err() != nil {
				t.Fatalf("beside-demo: %v", p.Err())
			}
			pictures, err := filepath.Glob(filepath.Join(out, "[0-9][0-9]-*.png"))
			if err != nil || len(pictures) < 9 {
				t.Fatalf("%d pictures: %v, %v", len(pictures), pictures, err)
			}
			for _, name := range pictures {
				b, err := os.ReadFile(name)
				if err != nil {
					t.Fatal(err)
				}
				if img, err := png.Decode(bytes.NewReader(b)); err != nil || img.Bounds().Dx() < 1000 {
					t.Errorf("%s: %v", filepath.Base(name), err)
				}
			}
			if left := proc.Descendants(os.Getpid()); len(left) > 0 {
				t.Errorf("processes left: %v", left)
			}
		})
	}
}

// TestHold: the session that the measurements use comes up by itself and ends cleanly.
func TestHold(t *testing.T) {
	for _, mode := range []string{"view", "control"} {
		t.Run(mode, func(t *testing.T) {
			g, err := proc.New(t.TempDir())
			if err != nil {
				t.Fatal(err)
			}
			defer g.Close()
			ready := make(chan string, 1)
			p, err := g.Start(proc.Spec{
				Name: "hold", Argv: []string{bin(t, "beside-demo"), "-hold", "-mode", mode, "-fullscreen", "-exec-sharer", "env BESIDE_TEST=1"},
				Line: func(s string) { ready <- s },
			})
			if err != nil {
				t.Fatal(err)
			}
			var line struct {
				Ready    bool
				Sharer   int `json:"sharer_pid"`
				Helper   int `json:"helper_pid"`
				Endpoint int `json:"endpoint_pid"`
				Path     string
			}
			select {
			case s := <-ready:
				if err := json.Unmarshal([]byte(s), &line); err != nil {
					t.Fatalf("%q: %v", s, err)
				}
			case <-p.Done():
				t.Fatalf("ended: %v", p.Err())
			case <-time.After(2 * time.Minute):
				t.Fatal("no session")
			}
			if !line.Ready || line.Path != "direct" {
				t.Errorf("%+v", line)
			}
			for _, pid := range []int{line.Sharer, line.Helper, line.Endpoint} {
				if err := syscall.Kill(pid, 0); err != nil {
					t.Errorf("process %d: %v", pid, err)
				}
			}
			if name, err := os.Readlink("/proc/" + strconv.Itoa(line.Sharer) + "/exe"); err != nil || filepath.Base(name) != "beside-dev" {
				t.Errorf("sharer_pid is %s, %v", name, err)
			}
			if err := p.Signal(syscall.SIGTERM); err != nil {
				t.Fatal(err)
			}
			if err := stage.WaitFor(t.Context(), 20*time.Second, "the end", func() error {
				select {
				case <-p.Done():
					return nil
				default:
					return stage.ErrEnded
				}
			}); err != nil {
				t.Fatal(err)
			}
			if p.Err() != nil {
				t.Errorf("ended with %v", p.Err())
			}
			for _, pid := range []int{line.Sharer, line.Helper, line.Endpoint} {
				if err := syscall.Kill(pid, 0); err == nil {
					t.Errorf("process %d is still there", pid)
				}
			}
		})
	}
}
