//go:build !linux

package desk

import "context"

// Unstick has nothing to do here.
func Unstick(ctx context.Context, _ func(func())) { <-ctx.Done() }
