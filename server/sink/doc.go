// Package sink sends the audit log to a SIEM: as syslog (RFC 5424) over TCP or TLS, or to a webhook.
//
// It reads by number from the table that the log is kept in and writes down how far it came, so that
// nothing is lost over failures and restarts; after one, entries may come twice, with the same number.
// Of several nodes one sends at a time. What cannot be delivered within the retention goes out as
// purged entries, whose numbers and hashes are still there.
package sink
