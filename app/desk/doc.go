// Package desk does with windows what Fyne cannot: place them, keep them above all
// others, show them without taking the keyboard, and ask where things are.
//
// It goes by the windows' native handles, over a connection of its own. Where it is not
// implemented Open returns ErrUnsupported; all methods of a nil Desk do so too, and Show
// then shows the window as Fyne would. Callers cope by carrying on.
//
// All calls but Close belong on the Fyne goroutine, for they ask Fyne for handles. All
// places and sizes are device pixels of the whole desktop.
package desk
