// Package scim is a SCIM 2.0 service (RFC 7643, RFC 7644) through which an identity provider
// keeps the people and groups of the endpoint's own directory.
//
// A bearer token is for one tenant, and everything a request sees or touches is that tenant's: what
// belongs to another is not found. Only what was provisioned is seen here, not what tokens or the
// console made. Attributes that Beside has no use for are taken and not kept, a password least of all.
//
// Filters know eq and and; PATCH knows the paths of RFC 7644 and the dialect of Microsoft Entra ID
// (operations in any case, booleans as text, members to remove as a value). Bulk, sorting and
// searching by POST are not supported, as ServiceProviderConfig says.
package scim
