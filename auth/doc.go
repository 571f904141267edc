// Package auth says who somebody is: identities, sign-in and token verification.
// Implementations live below it: msal (desktop sign-in), entra (token checks at the
// endpoint), keyring (sealed token cache), devidp (development identity provider).
package auth
