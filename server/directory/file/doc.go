// Package file is the endpoint's own directory: one JSON file in the data folder, for
// organisations and tests that have no directory service. Form, with every member that
// is read (anything else is an error):
//
//	{"tenants": [{
//	  "id": GUID, "company": text, "domain": verified domain,
//	  "groups":  [{"id": GUID, "name": text, "in": [ids of groups this one is a member of]}],
//	  "people":  [{"oid": GUID, "name": text, "given": text, "family": text, "job": text, "company": text,
//	               "username": sign-in name, "guest": bool, "disabled": bool, "groups": [ids],
//	               "photo": file beside this one, PNG or JPEG, at most 64 KiB}],
//	  "devices": [{"id": GUID, "name": text, "os": text, "owner": oid, "enrolled": bool, "registered": bool,
//	               "state": "compliant" | "noncompliant" | "unknown", "groups": [ids], "seen": RFC 3339 time}]
//	}]}
//
// The file is read again when it changes. While it cannot be read or makes no sense the
// directory is unavailable: nothing old is answered from memory.
package file
