// Command beside-endpoint-dev is a policy endpoint for development and demonstration: the
// same endpoint, with an identity provider in which anybody may be anybody, and an invented
// organisation. Its data folder is marked, and no other endpoint will use it.
package main
