// Package msal signs people in at Microsoft Entra ID with MSAL: it implements
// auth.SignIn for the desktop, through the system browser.
//
// MSAL does not verify id tokens; what comes from here is who the provider said over TLS
// has signed in. It is good for display and as the own side of a pairing, never to decide
// about somebody else.
package msal
