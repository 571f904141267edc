// Package link carries messages in small packets over a lossy path, newest first in
// spirit: what is lost is repaired only while it is still worth it.
//
// It is pure: no network, no goroutine, no clock. The caller passes the time (since any
// fixed start of its own), writes what Sender.Next yields, and hands over what arrives.
// Nothing here is safe for concurrent use. Memory is bounded on both sides.
//
// # Packets, sharer to helper
//
// Integers are big endian; serial numbers compare as the sign of the 32-bit difference.
//
//	0   version    1 byte   1
//	1   kind       1 byte   0 picture, 1 state, 2 ping (no message, n = 0)
//	2   number     4 bytes  serial, new for every packet sent, repairs included
//	6   message    4 bytes  serial number of the message
//	10  fragment   2 bytes
//	12  fragments  2 bytes  at most MaxFragments
//	14  sent       4 bytes  sender's clock in µs, modulo 2^32
//	18  floor      4 bytes  no message older than this is worth keeping
//	22  reserved   2 bytes  0
//	24  payload    Payload bytes in every fragment but the last, which has 1..Payload
//
// # Acknowledgements, helper to sharer
//
//	0   version    1 byte   1
//	1   flags      1 byte   bit 0: the done fields mean something
//	2   reserved   2 bytes  0
//	4   largest    4 bytes  largest packet number received
//	8   arrival    4 bytes  when it arrived, receiver's clock in µs, modulo 2^32
//	12  delay      4 bytes  µs between that and this acknowledgement
//	16  bytes      4 bytes  received in all, modulo 2^32
//	20  done       4 bytes  newest message dealt with
//	24  packets    32 bytes bit k (byte k/8, bit k%8): packet largest-1-k was received
//	56  messages   16 bytes bit k: message done-1-k was dealt with
package link
