// Package whatif answers whether a helper may help a person on a device, how far, and why, by the
// same decision that a session gets. It is pure.
package whatif
