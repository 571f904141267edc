// Package api is the endpoint's HTTP face: configuration, who am I, and the WebSocket on
// which apps talk to each other through the hub (messages in policy/api).
package api
