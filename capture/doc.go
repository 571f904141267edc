// Package capture turns a display into frames and tells where its pointer is.
//
// Implementations live below it (x11, shot); capture/native picks one. All pass
// the contract test in capturetest.
package capture
