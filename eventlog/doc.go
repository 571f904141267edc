// Package eventlog writes what IT needs to know of a session into the event log of the operating
// system: journald on Linux, the Windows Event Log on Windows, and a stream of lines where the
// system has none that this build can reach.
//
// An event is a stable number with a few fields; docs/event-log.md is its contract with people who
// write SIEM rules. No field holds anything that was seen, typed, copied or said, a code or a token.
package eventlog
