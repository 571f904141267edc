//go:build !dev

package app

import "context"

// serveMap is only in development builds.
func serveMap(context.Context, *App) {}
