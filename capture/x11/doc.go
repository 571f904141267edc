// Package x11 captures an X11 display: shared memory for pixels, XDamage for what
// changed, XFixes for the pointer's shape. It is pure Go.
//
// Each step down is silent and keeps the contract: without MIT-SHM pictures come
// through the socket, without XDamage the screen is polled at 30 Hz and compared.
//
// XInput2 must never be selected on these connections: the X library reads 32 bytes
// for every event, and a longer one would put the connection out of step. Therefore
// the pointer's place is polled: 30 Hz while it moves, down to 5 Hz while it rests.
//
// While another client holds a server grab, the X server answers nobody; a call that
// is in the middle of a request then returns only when the grab ends, or at Close.
package x11
