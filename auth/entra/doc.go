// Package entra checks access tokens of Microsoft Entra ID (v2.0) at the policy endpoint.
//
// A token is a claim of somebody unknown until every check of this package passed: its
// form, signature, tenant, issuer, audience, time, version, client, scope, and that the
// account is a member of the tenant and no guest. Sovereign clouds differ only in
// Config.AuthorityHost.
package entra
