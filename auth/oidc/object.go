package oidc

import (
	"crypto/sha256"
	"fmt"

	"beside/auth"
)

// Object is the object id of the account that an issuer calls subject, "" for no subject. A subject
// that is a lower-case GUID names itself; of any other, a GUID of version 8 (RFC 9562) is made from issuer and
// subject. Since a subject of version 8 is treated like any other, no two have the same object id.
func Object(issuer, subject string) string {
	if subject == "" || len(subject) > maxClaim {
		return ""
	}
	if auth.IsGUID(subject) && subject[14] != '8' {
		return subject
	}
	b := sha256.Sum256([]byte(issuer + "\x00" + subject))
	b[6], b[8] = b[6]&0x0f|0x80, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:16])
}
