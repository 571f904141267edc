// Package directorytest is the contract of directory.Browser as a test that every directory runs,
// and the same organisation as each of them keeps it.
package directorytest
