// Package stage sets up what the demo, the measurements and the end-to-end tests play on:
// X displays of their own, a development endpoint, and the app as separate processes with
// separate folders.
//
// Everything it starts belongs to a proc.Group and ends with it.
package stage
