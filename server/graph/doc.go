// Package graph asks Microsoft Graph: a small typed client for the few questions that a directory
// has about people, groups and devices, with nothing of the public cloud built in.
//
// It asks with the endpoint's own permission (client credentials), never with a person's token:
// decisions are made again every few minutes, when nobody's token is at hand.
//
// The service is believed about what it is asked for and nothing else. Answers have a largest
// size, lists a largest length; a link to the next page that leads to another host or comes
// twice is refused; an answer of another shape is no answer.
package graph
