// Command licences writes the licence of every module that is linked into the named programs, with
// its text, and fails if a module has none or one it does not know.
package main
