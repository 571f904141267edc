// Command bench measures a session from the outside, on two displays of its own, with the
// measuring tool glass, and writes what it saw to bench/results.
//
// The tool is not part of this repository: its source folder is named by BESIDE_GLASS, or
// lies beside the repository in shared/tools/glass. Without it nothing is measured.
package main
