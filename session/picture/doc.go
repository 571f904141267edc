// Package picture keeps the helper's picture in step with the sharer's screen: it joins
// a capture.Source, the screen codec and the packet link into one loop on either side.
//
// Nothing stale is ever queued. The next picture is grabbed when the one before has
// nearly left, and what the network lost is sent again as it looks now. A still screen
// sends nothing. Revocation is asked for at every packet.
package picture
