// Package peer says where a request comes from, and remembers who sent too many bad tokens.
package peer
