// Package server holds nothing itself; below it is the policy endpoint, HTTP only:
// api (handlers), signal (live sessions), rendezvous (codes and limits), directory
// (people and devices), keys (what it signs with), store (what it remembers).
package server
