// Package own is the endpoint's own directory in its database, for organisations without a
// directory service: people and groups come by SCIM or from the claims of tokens, devices from
// the console. Groups hold people, devices and groups; circles are harmless. Somebody who is in
// too many groups to count is in an unknown number, and is refused.
package own
