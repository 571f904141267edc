// Package codectest is the contract test of package codec: whatever a network loses,
// doubles or reorders, the decoder ends with the encoder's picture.
package codectest
