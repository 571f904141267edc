// Package devidp is an identity provider for development: on the wire it is the part of
// Microsoft Entra ID (v2.0) that a desktop sign-in and a token check use.
//
// Anybody may be anybody here: whoever reaches the page picks a person and is signed in.
// Release programs must not link it. It serves two handlers: Handler over https for
// programs, PageHandler over http for a browser, so that no development certificate
// need be trusted by the browser. Keys are new at every start.
package devidp
