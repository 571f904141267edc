package stage

import (
	"context"
	"fmt"
	"image"
	"time"

	"beside/internal/proc"
	"beside/internal/screenbot"
)

// StartDisplay starts an X server without hardware and a window manager on it, on a display
// number that the server picks, and returns its name, such as ":3". name is for the logs.
func StartDisplay(ctx context.Context, g *proc.Group, name string, size image.Point) (string, error) {
	number := make(chan string, 1)
	server, err := g.Start(proc.Spec{
		Name: name + "-xvfb",
		Argv: []string{
			"Xvfb", "-displayfd", "1", "-screen", "0", fmt.Sprintf("%dx%dx24", size.X, size.Y),
			"-nolisten", "tcp", "-noreset", "-dpi", "96",
		},
		Line: func(s string) {
			select {
			case number <- s:
			default:
			}
		},
	})
	if err != nil {
		return "", err
	}
	var display string
	select {
	case n := <-number:
		display = ":" + n
	case <-server.Done():
		return "", fmt.Errorf("stage: Xvfb for %s ended: %w", name, server.Err())
	case <-ctx.Done():
		return "", ctx.Err()
	}
	if _, err := g.Start(proc.Spec{Name: name + "-openbox", Argv: []string{"openbox", "--sm-disable"}, Env: []string{"DISPLAY=" + display}}); err != nil {
		return "", err
	}
	return display, WaitFor(ctx, 20*time.Second, "the window manager on "+display, func() error {
		b, err := screenbot.Open(display)
		if err != nil {
			return err
		}
		defer b.Close()
		if err := b.Background(0x4a6a8a); err != nil {
			return err
		}
		return b.Managed()
	})
}

// WaitFor calls try, every so often, until it returns nil. After limit the error says what
// was waited for and what try said last.
func WaitFor(ctx context.Context, limit time.Duration, what string, try func() error) error {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		err := try()
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("waiting for %s: %w", what, err)
		case <-tick.C:
		}
	}
}
