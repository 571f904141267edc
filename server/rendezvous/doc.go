// Package rendezvous hands out locators and takes them back once, and limits guessing:
// per account, per address, per organisation. A locator is no secret; whoever holds one
// still has to pass the pairing.
package rendezvous
