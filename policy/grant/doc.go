// Package grant makes and checks the signed words of the policy endpoint: grants,
// revocations and key statements, all compact EdDSA JWS (PROTOCOL 1.5, 1.6, 3).
//
// The endpoint signs with it, the sharer verifies with it. It is pure: the caller
// supplies clocks, keys and what it expects.
package grant
