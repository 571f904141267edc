// Package lv joins byte strings so that the join can be taken apart in one way only: each
// part after its length in LEB128, the lv_cat of the CPace draft. Everything that Beside
// hashes or signs is joined by it.
package lv
