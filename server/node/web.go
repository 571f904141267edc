package node

import (
	"context"
	"net/http"
	"strconv"
	"strings"

	"beside/auth"
	face "beside/server/api"
	"beside/server/rest"
	"beside/server/signal"
)

// rest makes the administration API.
func (n *Node) rest(v auth.Verifier, hub *signal.Hub, server *face.Server) http.Handler {
	if v == nil {
		return nil
	}
	return rest.New(rest.Options{
		Store: n.Store, Directory: n.dir, Tenant: n.c.Tenant, Verifier: v, End: hub.End, Version: n.c.Version, Log: n.c.Log,
		Checks: []rest.Check{{Name: "apps", Ask: func(context.Context) (string, error) { return strconv.Itoa(server.Sockets()), nil }}},
	})
}

// route gives the endpoint, the admin site and the administration API their own paths and the rest to other.
func route(server, site, rules, other http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		path := r.URL.Path
		own := strings.HasPrefix(path, "/v1/") || path == "/healthz" || path == "/readyz"
		switch {
		case site != nil && (strings.HasPrefix(path, AdminPath) || path == "/admin"):
			site.ServeHTTP(w, r)
		case rules != nil && (strings.HasPrefix(path, rest.Prefix) || path == rest.DocumentPath):
			rules.ServeHTTP(w, r)
		case own || other == nil:
			server.ServeHTTP(w, r)
		default:
			other.ServeHTTP(w, r)
		}
	})
}
