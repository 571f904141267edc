// Package servertest has what tests of the endpoint need: an app that speaks the raw
// WebSocket, and a verifier whose tokens are words.
package servertest
