// Package app binds a session to the screens of the desktop app: sign-in, the sharer's
// path, the helper's path, the session bar and the viewer.
//
// It picks no implementation: everything it needs comes in through Services. All state of
// an App belongs to Fyne's goroutine; events of a session are carried there one by one.
package app
