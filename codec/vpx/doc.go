// Package vpx is a thin binding over libvpx for moving pictures: VP9 profile 1, 4:4:4,
// BT.709 full range, one thread of one rectangle, no delay, no frames but those asked for.
//
// Every frame but a key frame is predicted from exactly one of two: Last, the frame before,
// or Golden, a frame kept for the case that something was lost since. The stream is made
// so that a frame needs nothing but the frame it is predicted from; whoever carries it can
// drop frames freely as long as he asks for the next from one that did arrive.
//
// Encoder and decoder convert colours with the same integer arithmetic, so that
// Encoder.Shown is, bit for bit, what Decoder.Decode shows.
//
// Without cgo, or with the build tag novpx, there is no libvpx in the program: Available
// says false, and making an Encoder or a Decoder answers ErrMissing.
package vpx
