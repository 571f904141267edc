package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"beside/internal/pause"
	"beside/internal/proc"
)

// The products that are measured.
const (
	beside   = "Beside"
	tigerVNC = "TigerVNC"
)

// A running session of a product on the stage's two displays.
type running struct {
	product        string
	sharer, helper int // process ids
	endpoint       int // 0 if the product has none
	path           string
	stop           func() error
}

// pids are the processes whose processor time is counted, with all below them.
func (r *running) pids() []int { return []int{r.sharer, r.helper} }

// A scene is two displays and the place that the session plays in.
type scene struct {
	g              *proc.Group
	bin, work      string
	sharer, helper string // display names
	place          *place
	runs           int
}

// start brings a session of a product up, its picture full screen, one to one.
func (s *scene) start(ctx context.Context, product string) (*running, error) {
	s.runs++
	if product == tigerVNC {
		return s.startTiger(ctx)
	}
	return s.startBeside(ctx)
}

func (s *scene) startBeside(ctx context.Context) (*running, error) {
	ready := make(chan []byte, 1)
	argv := []string{
		filepath.Join(s.bin, "beside-demo"), "-hold", "-mode", "control", "-fullscreen", "-address", s.place.address,
		"-sharer-display", s.sharer, "-helper-display", s.helper,
	}
	for flag, prefix := range map[string][]string{"-exec-sharer": s.place.sharer, "-exec-helper": s.place.helper, "-exec-endpoint": s.place.sharer} {
		if len(prefix) > 0 {
			argv = append(argv, flag, strings.Join(prefix, " "))
		}
	}
	demo, err := s.g.Start(proc.Spec{Name: fmt.Sprintf("hold-%d", s.runs), Argv: argv, Line: func(line string) {
		select {
		case ready <- []byte(line):
		default:
		}
	}})
	if err != nil {
		return nil, err
	}
	var held struct {
		Ready    bool
		Sharer   int `json:"sharer_pid"`
		Helper   int `json:"helper_pid"`
		Endpoint int `json:"endpoint_pid"`
		Path     string
	}
	select {
	case line := <-ready:
		if err := json.Unmarshal(line, &held); err != nil || !held.Ready {
			return nil, fmt.Errorf("beside-demo -hold said %q: %w", line, err)
		}
	case <-demo.Done():
		return nil, fmt.Errorf("beside-demo -hold ended: %w", demo.Err())
	case <-time.After(3 * time.Minute):
		return nil, errors.New("beside-demo -hold brought no session up")
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	r := &running{
		product: beside, sharer: held.Sharer, helper: held.Helper, endpoint: held.Endpoint, path: held.Path,
		stop: func() error {
			demo.Stop()
			if demo.Err() != nil {
				return fmt.Errorf("beside-demo -hold did not end cleanly: %w", demo.Err())
			}
			return nil
		},
	}
	return r, pause.For(ctx, 2*time.Second)
}

// vncPort is that of the peer; in a network namespace of ours nobody else has it.
const vncPort = "5971"

func (s *scene) startTiger(ctx context.Context) (*running, error) {
	name := "X0tigervnc" // Debian's x0vncserver is a wrapper that leaves it in the background
	if _, err := exec.LookPath(name); err != nil {
		name = "x0vncserver"
	}
	if _, err := exec.LookPath(name); err != nil {
		return nil, fmt.Errorf("TigerVNC's server is not installed (Debian: tigervnc-scraping-server): %w", err)
	}
	argv := []string{name, "-rfbport", vncPort, "-SecurityTypes", "None", "-localhost=1"}
	if s.place.address != "127.0.0.1" {
		argv[len(argv)-1] = "-localhost=0"
		if name == "x0vncserver" { // the wrapper asks for this, the program does not know it
			argv = append(argv, "--I-KNOW-THIS-IS-INSECURE")
		}
	}
	server, err := s.g.Start(proc.Spec{
		Name: fmt.Sprintf("vnc-server-%d", s.runs), Prefix: s.place.sharer,
		Env: []string{"DISPLAY=" + s.sharer, "HOME=" + s.work}, Argv: argv,
	})
	if err != nil {
		return nil, err
	}
	if err := pause.For(ctx, 2*time.Second); err != nil {
		return nil, err
	}
	viewer, err := s.g.Start(proc.Spec{
		Name: fmt.Sprintf("vnc-viewer-%d", s.runs), Prefix: s.place.helper,
		Env:  []string{"DISPLAY=" + s.helper, "HOME=" + s.work},
		Argv: []string{"xtigervncviewer", "-FullScreen=1", "-SecurityTypes", "None", s.place.address + "::" + vncPort},
	})
	if err != nil {
		return nil, err
	}
	r := &running{product: tigerVNC, sharer: server.PID, helper: viewer.PID, path: "TCP", stop: func() error {
		viewer.Stop()
		server.Stop()
		return nil
	}}
	if err := pause.For(ctx, 4*time.Second); err != nil {
		return nil, err
	}
	select {
	case <-server.Done():
		return nil, fmt.Errorf("TigerVNC's server ended: %w", server.Err())
	case <-viewer.Done():
		return nil, fmt.Errorf("TigerVNC's viewer ended: %w", viewer.Err())
	default:
		return r, nil
	}
}
