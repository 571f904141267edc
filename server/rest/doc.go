// Package rest is the API for administrators' programs under /api/v1, as its OpenAPI document says.
//
// A request carries a token of the organisation's identity provider, for a program that the operator
// has listed, of a person with one of the roles Admin, Operator or Auditor; everything else is
// refused. It serves one tenant, which stands in no address, and what belongs to another one is not
// found. Problems are those of RFC 9457. What is part of the policy has an ETag, and is replaced or
// removed only with If-Match. Lists come in pages; their cursors mean nothing to others.
package rest
