// Package screen is the lossless screen codec: changed 16×16 blocks, copied from another
// place, taken from a cache both sides keep, raw, or as a difference, through zstd.
//
// # Bitstream, version 2
//
// Integers are big endian; "uvarint" is the base-128 encoding of encoding/binary, at most
// 5 bytes and 32 bits; "varint" is a uvarint of the zigzag-mapped number. Serial numbers
// a, b compare as the sign of the 32-bit difference a-b.
//
//	0   version   1 byte   2
//	1   flags     1 byte   bit 0: the body is zstd; others 0
//	2   id        4 bytes  serial number of this update
//	6   epoch     4 bytes  id of the first update of this picture; not newer than id
//	10  width     2 bytes  pixels, with height limited by frame.ValidSize
//	12  height    2 bytes
//	14  body      the rest: as it is, or one zstd frame whose window is at most MaxWindow
//	              and which decodes to at most MaxBody bytes
//
// The body:
//
//	vectors   uvarint n ≤ MaxVectors, then n times varint dx, varint dy
//	deps      uvarint n ≤ MaxDeps, then n times uvarint back ≥ 1: this update builds on update id-back
//	refs      uvarint n, then n times uvarint skip, varint step: tile ← slot
//	saves     uvarint n, then n times uvarint skip, varint step: slot ← tile
//	sum       8 bytes, only if there are vectors or refs
//	runs      uvarint n, then n times uvarint skip, uvarint (length-1)*8+kind, and for kind 3
//	          uvarint copied*4+vector, uvarint carried
//	bases     uvarint length-1, uvarint back ≥ 1, until each block of kind 1 has one
//	coding    uvarint 0 or 1: of the pixels
//	pixels    of the runs of kind 0, 1 and 3, in order
//	planes    of the blocks of kind 2, in order
//
// No back is greater than id-epoch.
//
// The picture is cut into blocks of 16×16 and into tiles of 64×64 pixels, each numbered
// row by row from the top left; those at the right and bottom edges are cut to the
// picture. A skip counts from the end of the run (or the tile) before, at first from 0; so
// every block is in at most one run, every tile in at most one ref and at most one save.
// A run lies in one row of blocks. In refs and saves alike the slot is the one after the
// slot before plus step, at first step itself, and is below Slots; no slot is
// named twice in refs and saves together, except by refs alone.
//
// Kinds: 0 raw; 1 difference (XOR) from the block as update id-back left it; 2 planes;
// 3 rows; 4 to 7 copied, the source being the run moved by vector kind-4, wholly inside the
// picture. At most MaxBlocks blocks are of kind 0, 1, 2 or 3. Those of kind 2 are not cut.
//
// In kind 3, copied and carried are disjoint sets of the rows of pixels of the run, bit 0 the topmost. The
// copied ones come from the picture at that vector, which exists, and what is moved of
// them from the first to the last is inside the picture; the carried ones are in pixels; the others stay.
//
// Pixels are the runs of kind 0, 1 and 3 in order, each run row by row over its whole width (of
// kind 3, only the carried rows), 3 bytes a pixel: blue, green, red. Coding 0 writes
// them so. Coding 1 writes: uvarint n ≤ 258; n colours of 3 bytes; a code of 2 bits for
// each pixel, the first in the highest bits, the last byte filled up with anything; then
// for each code 3, in order, a byte; then for each byte 255, in order, a pixel of 3 bytes.
// Codes 0 to 2 are the colours 0 to 2, code 3 with byte v < 255 is colour 3+v; 255 is the
// pixel that follows at the end.
//
// Planes are three: first all blocks' green, then all
// blocks' blue minus green, then all blocks' red minus green; in each a block is 256 bytes
// row by row, and each byte is the difference (modulo 256) from the one to its left, in
// the first column from the one above, in the first row of that from 0.
//
// # Decoding
//
// The decoder keeps, for each block, the id of the update that last wrote it; for each
// slot, its pixels, the id of the update that last saved to it, and whether it is good;
// and which of the 1024 ids up to the newest it has applied. An update with an epoch older
// than the current one is stale and ignored; one with a newer epoch resets the id of
// every block to epoch-1, makes every slot bad with id epoch-1, forgets which ids
// were applied, and may change the size; within an epoch the size may not change. An
// update applied before is ignored. Of another, in this order:
//
//  1. A dep that is not marked as applied refuses the update for now (ErrEarly). Where a
//     picture begins with it, so does any dep; a base, ref or sum refuses it for good (ErrBase).
//  2. A difference whose base is not the block's id refuses it for good (ErrBase), unless
//     the block's id is not older than the update's: such a block is left alone.
//  3. A ref to a bad slot, and a sum that is not this, refuses it for good (ErrBase):
//     begin with 0; for every run in order, of kind 4 to 7 for every block that its source
//     touches, row by row, add that block's id; of kind 3 the same for its copied rows from the
//     first to the last (if any), then add the id of each of its own blocks; last, for
//     every ref, add the slot's id. To add n,
//     sum = (sum XOR n) * 0x9E3779B97F4A7C15 modulo 2^64, then sum = sum XOR (sum >> 29).
//  4. Saves: a slot whose id is older than the update's takes the update's id, and is
//     good, and takes the tile's pixels as they are before the update, if all the tile's
//     blocks have older ids than the update; else it is bad.
//  5. Copies, of rows too, all as if from a picture kept aside before step 5; then what has pixels
//     or planes; then refs. A block whose id is not older than the update's is left
//     alone; others take the update's id.
//
// Everything is checked, steps 1 to 3 included, before the first pixel is written.
//
// # Encoding
//
// The encoder copies from whatever it sent last, whether or not that is known to have
// arrived, since several updates are under way at any time; such updates are the deps.
// It names a slot in a ref only when the update that saved to it is acknowledged, and
// saves a tile only when all of it is acknowledged and exact: then no decoder that
// has not been overtaken can hold anything else. So a lost update makes those that build on it
// wait or be refused, and never makes a picture wrong.
package screen
