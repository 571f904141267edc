//go:build !race

package scim

// enormous is how many people are in the largest group.
const enormous = 100_000
