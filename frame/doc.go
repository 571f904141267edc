// Package frame holds the nouns shared by capture, codec, session and glass: a
// picture of a display, the region of it that changed, and the pointer on it.
package frame
