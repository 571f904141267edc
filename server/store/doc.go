// Package store is what the endpoint remembers: settings, roles, codes, sessions, the
// audit chain. Everything belongs to exactly one tenant: For gives a Tenant, and no
// method of Tenant takes another one. The SQL is a subset that SQLite and PostgreSQL
// both run; opening a database is the business of the packages below.
//
// A Store and its Tenants are safe for concurrent use. Times are kept in milliseconds.
package store
