// Command beside-demo shows Beside without any account: it starts a development endpoint and
// two windows of the app, a helper's and a sharer's, and leads a person through a session.
// Without a display it plays the same scenario itself on displays of its own, by clicking the
// real windows, and leaves pictures.
//
//	beside-demo                      two windows and a guide, on this display
//	beside-demo -headless            play it, leave numbered pictures in demo/out
//	beside-demo -hold                bring a session up and hold it, to be measured
//	beside-demo sign-in -user U URL  answer a development sign-in page, as a browser command
//	beside-demo browser URL          open a page in a throw-away browser, as a browser command
package main
