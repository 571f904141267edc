//go:build !dev

package main

import (
	"context"
	"io"
	"log/slog"
)

// start runs the app.
func (s *settings) start(ctx context.Context, log *slog.Logger, _ io.Writer) error {
	p, err := newParts(ctx, s, log)
	if err != nil {
		return err
	}
	return p.window(ctx)
}
