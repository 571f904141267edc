// Package sessiontest holds a session.Link in memory and the contract that every session.Link keeps.
//
// It is for tests only: nothing is encrypted, and nobody proves who they are.
package sessiontest
