// Package sessiontest joins two sides of a session in memory: links that may lose, wires that check
// fingerprints as real ones do, and an endpoint that can be told to cheat.
package sessiontest
