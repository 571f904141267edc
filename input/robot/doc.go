// Package robot injects pointer and keyboard events into an X11 display through XTEST.
//
// It does not go through robotgo. Its X11 package keeps one connection for the whole
// process, always to $DISPLAY; finds keys by name and layout, while a Key is a place on
// the keyboard; returns no error from Move, Scroll and Type; sleeps 15 ms for each
// character; and cannot press what needs AltGr. A lost error here is a key that stays
// down, so XTEST is spoken directly.
//
// A character the layout has is typed with the layout's own keys. Any other is put on a
// spare key code first. Such a code keeps its character until it is needed for another
// one or Close, because programs read the new layout some time after the key press.
package robot
