// Package xconn opens connections to an X server, for every package that speaks X.
//
// All users of the xgb library in one process must connect through it: the library
// keeps its tables of extension events in global maps, writes them whenever a
// connection initialises an extension, and reads them from every connection without a
// lock. Dial registers all extensions under one lock, and writes only what is not
// there yet; nobody may call an extension's own Init.
package xconn
