// Package glass shows the remote picture inside a Fyne window and turns what the
// helper's hands do over it into input events.
//
// Glass is the widget; Glass.Screen is where session puts pixels. Fyne's own picture
// path costs about 30 ms an update, so pixels normally bypass it: on X11 they go into a
// child window above Fyne's own drawing, by shared memory, only where they changed.
// Each way to show pixels is a surface in its own file, tried best first and chosen
// once: child window with shared memory, child window without, a texture drawn in
// Fyne's paint, and a plain Fyne image. The environment variable GLASS (child, put, gl
// or image) forces one, for support.
//
// Three kinds of goroutine meet here. The session's goroutines call Screen and never
// wait for Fyne. The Fyne goroutine owns everything else of a Glass. A surface may own
// goroutines that draw; they take no lock that the Fyne goroutine holds while painting.
package glass
