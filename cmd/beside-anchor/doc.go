// Command beside-anchor keeps the organisation's offline key and signs with it: statements on an
// endpoint's grant keys, certificates of devices and helpers, and what is revoked.
package main
