// Package sessiontest joins two sides of a session in memory: links that may lose or be cut and the
// contract that every link keeps, wires that check fingerprints as real ones do, and a policy endpoint
// that can be told to cheat.
//
// It is for tests only: nothing is encrypted, and nobody proves who they are.
package sessiontest
