// Package api is what the apps and the policy endpoint say to each other: the HTTP
// and WebSocket messages as Go structs with their limits. It holds no behaviour.
//
// HTTP (JSON, errors are RFC 9457 problem documents with a "code"):
//
//	GET /v1/config     no token: Config
//	GET /v1/me         bearer:   Me
//	GET /v1/app        bearer:   WebSocket; any Origin header is refused with 403
//	POST /v1/devices/enrol  a one-time token in the body: Enrol -> Enrolled
//	GET /healthz, /readyz
//
// On the WebSocket each text frame is one Frame. A frame with ID>0 is a request and
// gets exactly one answer: type "ok" or "error" with Re set to that ID. A frame from the
// endpoint with ID==0 and Re==0 is a push. Sizes are limited to MaxFrame.
package api
