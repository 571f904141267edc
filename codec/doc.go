// Package codec defines how a picture is kept in step between a sharer and a helper:
// as a state that is synchronised by updates, not as a film that is played.
//
// An update may be lost, doubled or overtaken by a newer one. The encoder is told what
// became of each and sends what was lost again as it looks now, so there is no key
// frame and nothing stale is ever repeated. Implementations live below it
// (codec/screen) and pass the contract test in codectest.
package codec
