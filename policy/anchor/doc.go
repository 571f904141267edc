// Package anchor is the organisation's offline key: sealed in a file by a passphrase, and what
// it signs (PROTOCOL 3): statements on the endpoint's grant keys, certificates of devices and of
// helpers for unattended sessions, and what is revoked. It is used where no network is needed.
package anchor
