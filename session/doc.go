// Package session joins one sharer and one helper: it runs the typed-code protocol
// from code to end on either side, holds the sharer's Gate, and moves pictures and
// input over an encrypted link.
//
// Helper and Sharer each own their goroutines inside Run; everybody else reads
// Events and calls the few commands, which are safe from any goroutine and never block.
// Nothing the peer says about itself is believed; every message is checked where it acts.
package session
