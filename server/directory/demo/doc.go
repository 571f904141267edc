// Package demo is an invented organisation, Halden Group, and a second one beside it, as
// directory data. Only the development endpoint and tests may link it.
package demo
