//go:build !linux

package glass

import "context"

// Run leaves Fyne's loop as it is.
func (l *Loop) Run(ctx context.Context) error {
	<-ctx.Done()
	return nil
}

func onMain() bool { return false }
