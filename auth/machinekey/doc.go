// Package machinekey is the key of an enrolled device: made on the device, kept in a file that
// only its owner can read, and used to prove to the policy endpoint which device speaks. The
// endpoint uses the same package to check. It knows no hardware keystore yet: whoever can read
// the file is the device.
package machinekey
