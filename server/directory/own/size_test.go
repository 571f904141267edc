//go:build !race

package own_test

// enormous is how many people are in the largest group.
const enormous = 100_000
