// Package door checks the bearer tokens of requests, and keeps those out who try many.
package door
