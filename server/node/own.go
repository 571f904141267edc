package node

import (
	"net/http"
	"strings"

	"beside/auth"
	"beside/server/directory/own"
	"beside/server/scim"
)

// Own is the directory in the database, which SCIM and the claims of tokens fill.
type Own struct {
	Company, Domain string // of the organisation, for cards

	// Claims makes and refreshes people from the tokens that they sign in with.
	Claims bool
	// Object is what tokens name a person by whom SCIM's externalId names; nil: a GUID names itself,
	// and nothing else names anybody.
	Object func(externalID string) string
}

// reading has the directory read the tokens that a verifier finds good, if that is how it is filled.
func (n *Node) reading(v auth.Verifier) auth.Verifier {
	if n.c.Own == nil || !n.c.Own.Claims {
		return v
	}
	return &own.Claims{Verifier: v, Store: n.Store}
}

// withSCIM gives the service that fills the own directory its own path, and the rest to next.
func (n *Node) withSCIM(next http.Handler) http.Handler {
	if n.c.Own == nil {
		return next
	}
	object := n.c.Own.Object
	if object == nil {
		object = guidObject
	}
	s := scim.New(scim.Options{Store: n.Store, Object: object, Base: n.Origin + scim.Path, Log: n.c.Log})
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, scim.Path+"/") {
			s.ServeHTTP(w, r)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// guidObject takes a GUID for the object id of an account, as Entra's provisioning can be told to
// send it.
func guidObject(externalID string) string {
	if id := strings.ToLower(externalID); auth.IsGUID(id) {
		return id
	}
	return ""
}
