package node

import (
	"context"
	"net/http"
	"strconv"
	"strings"

	"beside/auth"
	"beside/policy/api"
	face "beside/server/api"
	"beside/server/rest"
	"beside/server/signal"
	"beside/server/sink"
)

// config is what apps are told before anybody signed in.
func (n *Node) config(f Front) func(context.Context) (api.Config, error) {
	return func(ctx context.Context) (api.Config, error) {
		statement, err := n.key.Statement(ctx, n.c.Tenant)
		if err != nil {
			return api.Config{}, err
		}
		return api.Config{
			Tenant: n.c.Tenant, ClientID: f.ClientID, API: f.API, Authority: f.Authority, Anchor: n.key.Anchor(),
			Statement: statement, Dev: n.c.Dev,
		}, nil
	}
}

// rest makes the administration API.
func (n *Node) rest(v auth.Verifier, hub *signal.Hub, server *face.Server, sinks []*sink.Sink) http.Handler {
	if v == nil {
		return nil
	}
	checks := []rest.Check{{Name: "apps", Ask: func(context.Context) (string, error) { return strconv.Itoa(server.Sockets()), nil }}}
	for _, s := range sinks {
		checks = append(checks, rest.Check{Name: s.Name(), Ask: asked(s)})
	}
	return rest.New(rest.Options{
		Store: n.Store, Directory: n.directory(), Tenant: n.c.Tenant, Verifier: v, End: hub.End, Version: n.c.Version, Log: n.c.Log,
		Checks: checks,
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
