// Package relay is the endpoint's STUN and TURN server: it carries the ciphertext of two apps that
// cannot reach each other, and nothing else.
//
// A relayed address is not a socket. Both apps of a session use the same relay, so what one sends to
// the other's relayed address is handed over in memory; the addresses are of a range that is routed
// nowhere (RFC 5737), and the relay never sends a packet to anybody but the clients that are connected
// to it. There is thus no way from it into the operator's network (PROTOCOL, attack 33), no range of
// ports to open, and one TCP port can be enough: Split lets TURN over TLS share the port of https.
//
// Who may use it: the two sides of a session that has met, with a name of the form expiry:session:side
// and a password that is an HMAC of it under a secret of that session. New allocations are made until
// the expiry, and longer while the session is granted again; an allocation that stands is kept alive for as long as the session lives, and goes at
// once when it ends. pion/turn speaks the protocol; what it is asked for is decided here.
//
// External is the same for a coturn of the operator's, which knows its users by a shared secret.
package relay
