// Package jws reads signed tokens strictly and checks them with keys that the provider publishes.
package jws
