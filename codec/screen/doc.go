// Package screen is the lossless screen codec: changed 16×16 blocks, raw or as the
// difference from what the receiver is known to hold, through zstd.
//
// # Bitstream, version 1
//
// Integers are big endian; "uvarint" is the base-128 encoding of encoding/binary, at
// most 5 bytes. Serial numbers a, b compare as the sign of the 32-bit difference a-b.
//
//	0   version   1 byte   1
//	1   flags     1 byte   bit 0: some blocks are differences; bit 1: pixels are zstd; others 0
//	2   id        4 bytes  serial number of this update
//	6   epoch     4 bytes  id of the first update of this picture; not newer than id
//	10  width     2 bytes  pixels, with height limited by frame.ValidSize
//	12  height    2 bytes
//	14  count     2 bytes  blocks carried minus 1; at most MaxBlocks, and no more than the picture has
//	16  places    runs of uvarint skip, uvarint length-1, until count blocks are placed
//	..  bases     only if flag bit 0: runs of uvarint length-1, uvarint back, until count blocks have one
//	..  pixels    the rest
//
// Blocks are numbered row by row from the top left; those at the right and bottom edges
// are cut to the picture. A run skips so many blocks from the end of the previous run
// (or block 0) and then carries length blocks. back 0 means the block is carried raw;
// otherwise it is a difference (XOR) from the block as update id-back left it.
//
// Pixels are the blocks in order, each row by row, 3 bytes a pixel: blue, green, red. They
// are stored as they are or as one zstd frame that decodes to exactly that many bytes
// with a window of at most MaxWindow.
//
// # Decoding
//
// The decoder keeps, for each block, the id of the update that last wrote it. An update
// with an epoch older than the current one is stale and ignored; one with a newer epoch
// resets the id of every block to epoch-1 and may change the size; within an epoch the
// size may not change. A block whose id is not older than the update's is left alone.
// Of the others, a difference whose base is not the block's id refuses the whole update.
// Everything is checked before the first pixel is written.
package screen
