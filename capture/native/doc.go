// Package native picks the way to capture the screen of the platform it is built for.
package native
