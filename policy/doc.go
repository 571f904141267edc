// Package policy decides who may help whom, on which device, and how far. It is
// pure: no clock, no I/O, no globals. The zero value of every type denies.
package policy
