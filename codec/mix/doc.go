// Package mix is the codec of the product: package screen for everything, and package vpx
// for the few rectangles that move like a film, while they do.
//
// A block counts as moving if it looks natural and keeps changing. Where enough of them lie
// together, and package screen needs many bytes for them, a rectangle of blocks becomes a
// film: package screen is told to leave its blocks alone, and frames of VP9 carry them. It
// ends when the rectangle has stood still for a moment; its blocks are then package
// screen's again, which makes them exact. Without libvpx nothing is ever a film.
//
// # Bitstream
//
// An update whose first byte is not Kind is one of package screen. The other kind is one
// frame of one film. Integers are big endian; serial numbers compare as the sign of the
// 32-bit difference. Both kinds draw their ids from the same series.
//
//	0   kind      1 byte   0x81: film frame, version 1
//	1   flags     1 byte   bit 0 key, bit 1 predicted from Golden, bit 2 kept as Golden; bit 7 slot; others 0
//	2   id        4 bytes  serial number of this update
//	6   epoch     4 bytes  as in package screen: the picture it belongs to
//	10  opened    4 bytes  id of the film's first frame: not older than epoch, not newer than id
//	14  base      4 bytes  id of the frame it is predicted from; in a key frame its own
//	18  width     2 bytes  of the whole picture, pixels
//	20  height    2 bytes
//	22  column    2 bytes  of the film's first block, with its row, and its size in blocks:
//	24  row       2 bytes  the rectangle is cut to the picture; what remains must be a size
//	26  columns   2 bytes  that vpx.ValidSize accepts
//	28  rows      2 bytes
//	30  frame     the rest, as package vpx has it; in a key frame no flag but bit 0 is set
//
// # Decoding
//
// The decoder has two slots. In each is at most one film: its rectangle, the id of its
// first frame, the ids of its Last and its Golden frame, and a vpx.Decoder.
//
// A frame of an older epoch is stale; so is one whose film is older than the one in its
// slot, and one that is not newer than Last of its own film. Stale frames count as received
// and change nothing. A frame of an epoch that package screen's decoder has not reached,
// one predicted from another frame than the Last or the Golden of its film, and one with a
// block that a newer update has written are refused with codec.ErrBase. A key frame opens
// its film if the slot holds an older one or none; the rectangle of a film never changes.
//
// A frame that is shown becomes Last, a kept one Golden as well, and package screen's
// decoder is told that this update wrote all of its blocks. An update of package screen
// that writes a block of a film's rectangle ends the film, and so does a new epoch.
package mix
