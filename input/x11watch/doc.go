// Package x11watch sees input before programs do: whether it came from a physical
// device or was injected, and the key that stops a session.
//
// It reads XInput2 raw events on a connection of its own, because the X library that
// the rest uses cannot take events longer than 32 bytes. An event is injected if its
// source is one of the server's XTEST devices. On a server without physical devices,
// such as Xvfb, everything is injected.
package x11watch
