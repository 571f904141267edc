// Package ui is Beside's visual language for Fyne: the theme, layouts that know the
// height they need at a width, and the components every screen is made of.
//
// Everything here is used on Fyne's own goroutine only. Components take their colours
// from the theme each time they are drawn, so they follow a change of variant by themselves.
// A component that can be operated or read implements Element, so that tests, a robot and
// a later screen-reader bridge find it by name.
package ui
