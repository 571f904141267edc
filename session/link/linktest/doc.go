// Package linktest simulates a network between a link.Sender and a link.Receiver in
// virtual time: delay, jitter, random and bursty loss, a bottleneck with a drop-tail
// queue that TCP flows may share, reordering, duplication, spikes, silence, changes of
// path, and a helper that is slow or refuses.
package linktest
