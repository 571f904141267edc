// Package shot captures a screen by taking pictures of it again and again and comparing
// them. It is slow, sees no pointer, and works wherever the screenshot library does: the
// fall-back for platforms that have no better backend.
package shot
