// Package screens holds every page of the desktop app as a pure view: data and callbacks
// in, something to draw out, and a small handle for what changes while it is shown.
//
// No page knows a session, a clock that is not given to it, or another page. Everything
// here is called on Fyne's goroutine.
package screens
