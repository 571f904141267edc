// Package records writes session and audit records for other programs: as JSON, as JSON lines
// and as CSV. The admin site, the API and the senders to a SIEM all use these forms.
package records
