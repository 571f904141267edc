// Package secret reads files that hold a secret: a private key, a password. One that others than
// its owner may read is refused.
package secret
