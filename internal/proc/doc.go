// Package proc starts programs and sees to it that none of them, nor anything they
// started, is left when a Group is closed.
//
// It is for the demo, the measurements and the end-to-end tests, on Linux.
package proc
