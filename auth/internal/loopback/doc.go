// Package loopback waits on this computer for the browser to bring back an authorization code
// (RFC 8252).
package loopback
