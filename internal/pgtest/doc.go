// Package pgtest starts a real PostgreSQL for tests: one server per test process, on a
// socket in a folder of its own, and an empty database for whoever asks.
package pgtest
