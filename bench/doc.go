// Command bench measures a session from the outside, on two displays of its own, beside
// TigerVNC in the same run, and writes what it saw to bench/results.
//
// It draws on the sharer's display and looks at the helper's, so that every product is
// judged by the same work. Network namespaces of its own count each session's bytes and
// make bad links; those need root.
package main
