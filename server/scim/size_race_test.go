//go:build race

package scim

// enormous is less with the race detector, which slows SQLite down tenfold; the number matters to
// speed alone.
const enormous = 3_000
