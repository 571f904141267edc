// Package wire gives every message between two paired apps its bytes: the bodies of
// sealed signalling, the control channel, and the input channel.
//
// A message is one type byte followed by fixed-length big-endian fields; nothing may
// follow them. Parse functions accept exactly what Append functions make, check every
// range, and never keep the slice they were given.
package wire
