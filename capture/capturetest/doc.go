// Package capturetest holds a scripted capture.Source for tests, and the contract that
// every real Source must pass.
package capturetest
