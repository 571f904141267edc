// Package client is the app's side of policy/api: requests and pushes over one WebSocket,
// and a Session that survives its breaking.
package client
