// Package oidc signs people in at any OpenID Connect provider, and checks the access tokens that it
// gives them. It is the sibling of auth/msal and auth/entra for organisations without Microsoft.
//
// The provider must give out access tokens that are signed JWTs (RFC 9068 or alike) for the
// endpoint's own audience; an opaque token proves nothing to anybody but its issuer, and an ID token
// is for the app. Who somebody is is one claim, sub if nothing else is said, of one issuer: see
// Object. Names and e-mail addresses never decide anything.
package oidc
