// Package diff finds the blocks of a picture that really changed.
package diff
