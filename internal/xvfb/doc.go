// Package xvfb starts real X servers without a screen, for tests.
package xvfb
