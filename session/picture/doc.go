// Package picture keeps the helper's picture in step with the sharer's screen: it joins
// a capture.Source, the codecs and the packet link into one loop on either side.
//
// Nothing stale is ever queued. The next picture is grabbed when the one before has
// nearly left and the helper keeps up; what changed more than the path carries in a
// moment is cut into pictures, by turns nearest to the focus and elsewhere, and what the
// network lost is sent again as it looks now. A still screen sends nothing. Revocation is
// asked for at every packet.
//
// The helper takes packets in by one goroutine and shows pictures by another: how long
// decoding takes must not look like a slow path. An update that builds on one still under
// way waits for it a while; one that cannot be shown is refused at once.
package picture
