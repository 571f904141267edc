// Package admin is the site where an organisation's administrators see what happens and say who
// may help whom.
//
// Pages are made on the server and work without script; script adds live numbers and a warning
// before unsaved changes are lost. People sign in at the organisation's identity provider
// (authorization code with PKCE) and have one of three roles there: Admin does everything,
// Operator everything but settings, roles and assignments, Auditor reads. What a role may not do
// is not shown, and refused when it is tried.
//
// The site serves one tenant, which stands in no address: nothing in a request can name another
// one. Everything that comes from the directory, a device or an app is hostile text: it goes
// through html/template only, with characters that hide or reorder text shown as marks.
package admin
