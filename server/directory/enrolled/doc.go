// Package enrolled adds the devices that were enrolled with a key at this endpoint to any
// other directory. A device that both know is described by the other one; only a device's key
// is the endpoint's word, and that is not kept here (see server/signal).
package enrolled
