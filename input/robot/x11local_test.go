//go:build linux && cgo

package robot

import (
	"bufio"
	"context"
	"image"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"beside/input"
	"beside/input/x11watch"
	"beside/internal/xvfb"
)

// TestIsNotThePerson: on a server with physical devices, what a Robot does is not taken for the
// person at the machine, who would keep the helper out.
func TestIsNotThePerson(t *testing.T) {
	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer read.Close()
	cmd := exec.Command("Xephyr", "-displayfd", "3", "-screen", "400x300", "-ac", "-nolisten", "tcp", "-no-host-grab")
	cmd.Env = append(os.Environ(), "DISPLAY="+xvfb.Start(t, "800x600"))
	cmd.ExtraFiles = []*os.File{write}
	err = cmd.Start()
	write.Close()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	_ = read.SetReadDeadline(time.Now().Add(15 * time.Second))
	line, err := bufio.NewReader(read).ReadString('\n')
	if err != nil {
		t.Fatalf("Xephyr did not say its display: %v", err)
	}
	display := ":" + strings.TrimSpace(line)

	released := make(chan struct{}, 1)
	w, err := x11watch.Open(x11watch.Options{Display: display, OnEvent: func(e x11watch.Event) {
		if e.Physical {
			t.Errorf("%+v counts as physical", e)
		}
		if e.Kind == x11watch.KeyRelease {
			released <- struct{}{}
		}
	}})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- w.Run(ctx) }()
	defer func() { cancel(); <-done }()
	r := open(t, display, image.Rect(0, 0, 400, 300))
	at := input.Move{X: 0.5, Y: 0.5}
	inject(t, r, input.Move{X: 0.1, Y: 0.9}, at, input.Button{At: at, Code: 1, Down: true}, input.Move{X: 0.9, Y: 0.1},
		input.Button{At: at, Code: 1}, input.Scroll{At: at, DX: 1, DY: -1}, input.Button{At: at, Code: 5, Down: true},
		input.Button{At: at, Code: 5}, input.Key{Usage: 4, Down: true}, input.Key{Usage: 4})
	select {
	case <-released: // the last of them
	case <-time.After(15 * time.Second):
		t.Fatal("the last event was not seen")
	}
	if ago, ok := w.Since(); ok {
		t.Errorf("the person was here %v ago", ago)
	}
}
