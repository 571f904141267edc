// Package e2e has the end-to-end tests: the built programs, as real processes, on two X
// displays, used by a robot that clicks and types. They need the tag e2e and the folder with
// the programs in BESIDE_BIN; make e2e gives both.
package e2e
