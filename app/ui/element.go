package ui

import "fyne.io/fyne/v2"

// Info is what a robot, a test or a screen-reader bridge needs to know of an Element.
type Info struct {
	ID       string // translation key or a fixed name; "" for plain text
	Label    string // what a person reads
	Role     string // button, radio, field, text, status
	Focused  bool
	Disabled bool
}

// An Element can be operated or read.
type Element interface {
	fyne.CanvasObject
	Info() Info
}

// A Parent has children that are not in a plain container.
type Parent interface{ Children() []fyne.CanvasObject }

// passKey hands a key that a focused component does not use to the window.
func passKey(o fyne.CanvasObject, e *fyne.KeyEvent) {
	c := fyne.CurrentApp().Driver().CanvasForObject(o)
	if c == nil {
		return
	}
	if f := c.OnTypedKey(); f != nil {
		f(e)
	}
}

// focus gives a component the keyboard.
func focus(o fyne.Focusable) {
	obj, ok := o.(fyne.CanvasObject)
	if !ok {
		return
	}
	if c := fyne.CurrentApp().Driver().CanvasForObject(obj); c != nil {
		c.Focus(o)
	}
}
