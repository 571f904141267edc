//go:build !linux

package glass

// openX finds no X server here: pictures are drawn by GL.
func openX(Options, bool) childMaker { return nil }
