// Package screenbot is a person in front of an X display: it looks at the screen, moves the
// mouse, presses keys, and can ask a development build of the app where its buttons are.
//
// Input goes through XTEST, so it reaches windows as a person's would. It is for the demo and
// the end-to-end tests.
package screenbot
