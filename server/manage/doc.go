// Package manage is the console of an endpoint: settings, roles, assignments, sessions,
// audit log, purge. Every change is written to the audit log.
package manage
