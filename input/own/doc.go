// Package own tells which windows of an X11 display are Beside's, for input.OwnWindows.
//
// A window is ours if the X client that made it is: one whose window was registered
// with Add, or carries our process id in _NET_WM_PID. So menus and other windows the
// toolkit makes by itself are ours too. A window manager's frame is ours if one of our
// windows fills most of it. Nothing is cached: stacking changes faster than a cache
// could be told, and an answer costs a few round trips.
package own
