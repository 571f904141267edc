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
//	0   version    1 byte   2
//	1   kind       1 byte   0 picture, 1 state, 2 ping (no message, n = 0), 4 parity
//	2   number     4 bytes  serial, new for every packet sent, repairs included
//	6   message    4 bytes  serial number of the message
//	10  fragment   2 bytes  of parity: the group
//	12  fragments  2 bytes  at most MaxFragments
//	14  sent       4 bytes  sender's clock in µs, modulo 2^32
//	18  floor      4 bytes  no message older than this is worth keeping
//	22  extra      2 bytes  parity: length of the message's last fragment; else 0
//	24  payload    Payload bytes in every fragment but the last, which has 1..Payload
//
// Parity of group g is the XOR of the fragments g, g+G, g+2G … of G = ⌈fragments/10⌉
// groups, the last fragment filled up with zeros; only messages of 4 fragments or more
// have it, and it is sent in otherwise idle time.
//
// # Acknowledgements, helper to sharer
//
//	0   version    1 byte   2
//	1   flags      1 byte   bit 0: the done fields mean something; bit 1: the refused fields do
//	2   reserved   2 bytes  0
//	4   largest    4 bytes  largest packet number received
//	8   arrival    4 bytes  when it arrived, receiver's clock in µs, modulo 2^32
//	12  delay      4 bytes  µs between that and this acknowledgement
//	16  bytes      4 bytes  received in all, modulo 2^32
//	20  done       4 bytes  newest message dealt with
//	24  packets    32 bytes bit k (byte k/8, bit k%8): packet largest-1-k was received
//	56  messages   16 bytes bit k: message done-1-k was dealt with
//	72  refused    4 bytes  newest message that could not be dealt with: it counts as lost
//	76  refusals   4 bytes  bit k: message refused-1-k could not be dealt with
//
// # What leaves first
//
// Messages of one or two packets (typing, the cursor) bypass pacer and window and are
// sent again 10 ms later; then come repairs, twice 8 ms apart and a little ahead of the
// pacer; then pictures, paced; then parity. Below a round trip of 5 ms nothing is sent
// twice. Ready and Budget keep our own queue short: a picture holds the path for 20 ms
// at most, and none is made while the helper has two that it has not dealt with.
//
// # What is lost
//
// A packet is lost when three later ones were acknowledged, or one sent more than the
// reordering time later (2 ms at first; it grows to what late packets were seen to need,
// as in RACK, RFC 8985), or 1.25 round trips have passed. Without acknowledgements a timer
// repairs the two newest packets first (RFC 8985's tail loss probe): a delay spike is no
// loss. After a second of silence only probes leave, and what is known of the path is
// learnt anew.
//
// # Rate
//
// As in BBR, what got through decides: a sample is the bytes of a train (packets that the
// pacer alone held apart) by the longer of its sending and arrival times. As in LEDBAT
// (RFC 6817) the queueing delay, one-way delay less its least, says whether the path is
// full; the least may rise by 300 ppm, more than two clocks part. Up to 12 ms the belief
// bw only grows, above it follows the samples; the rate is bw times a gain from 1.08 (no
// queue) over 1.00 (4 ms) to 0.70 (60 ms). The start doubles until a queue is seen.
//
// Loss without a queue is ignored up to 6 %. Above, the rate is lowered by 40 % for 80
// packets: if as much is lost as before, it is the medium's and ignored from then on (up
// to half of all packets), else it is congestion and what got through is all there is.
//
// A queue that stands although the rate is lowered is a longer path, or another flow that
// fills it. If it stays the same within 4 ms while the rate is lowered once more, it is
// the path's own. Else the rate is steered as TCP's is: a packet a round trip more in each
// round trip, or a tenth in a second if that is more, and 0.7 times the rate (Cubic's
// factor, RFC 9438) when a packet is lost while the queue is high. That ends when the
// queue has gone, or is put to the test anew after 15 s.
package link
