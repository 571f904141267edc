// Package keyring keeps MSAL's token cache between starts: sealed in a file, with the key
// in the keyring of the operating system.
//
// Where there is no keyring, or it is locked, nothing is written: tokens then live in
// memory only, and Persistent says so. Nothing is ever stored in plain text.
package keyring
