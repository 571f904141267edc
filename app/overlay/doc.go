// Package overlay draws what the helper points at on the real screen, above other windows.
//
// On X11 it is made of windows cut to the shape of what is drawn, which needs no compositor. Their
// input shape is empty: every click goes to what lies beneath. The window manager does not see
// them. What they show is on the screen, and so in every picture that is taken of it.
package overlay
