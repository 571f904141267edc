// Package robot injects pointer and keyboard events into the desktop.
//
// On X11 the pointer (motion, buttons 1 to 3, the wheel) goes through robotgo, which waits for
// the server after each event. robotgo has one X connection for the process, so all open Robots
// are on one display; it opens another display when it cannot open the one it was told, loses
// errors, and Xlib ends the process when a connection breaks. So this package checks which
// display was opened, takes Xlib's errors of that connection (libX11 1.7 or newer), never calls
// robotgo after its own connection ended, and reads back: before a press whether the pointer is
// there, afterwards whether the button is down or up. robotgo moves the pointer by warping it,
// as xdotool does: programs that read raw device motion, such as games, see clicks but no motion.
//
// Keys, text and the buttons back and forward go over a connection of its own, by XTEST: robotgo
// finds keys by name and layout, while a Key is a place on the keyboard; it sleeps 5 ms or more
// for each character, and cannot press what needs AltGr. Each event is answered by the server
// before the next is sent, so the two connections keep their order.
//
// A character the layout has is typed with the layout's own keys. Any other is put on a
// spare key code first. Such a code keeps its character until it is needed for another
// one or Close, because programs read the new layout some time after the key press.
//
// On Windows and macOS it uses robotgo's packages without cgo; that compiles and was never run.
// They lose errors, which can be read back only in part: on Windows the place before a press,
// and what the system says of keys, back and forward; on macOS nothing, and without the
// permission for accessibility events vanish. Windows keys are sent by scan code, for the reason
// above. On macOS a drag is sent as plain motion, and there are no buttons back and forward.
package robot
