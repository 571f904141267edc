// Package graphtest is a directory for tests that looks like Microsoft Graph: on the wire it is
// the part that a directory of people, groups and devices uses, with the token endpoint beside it.
//
// It is as strict as the real one where that matters: page sizes, batches of twenty, casts only
// with the search index, only fields that exist. Meddle makes it throttle, fail and lie.
package graphtest
