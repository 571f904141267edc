package rest

import (
	"net/http"
	"net/url"

	"beside/server/staff"
)

// Route is what a test may know of a route.
type Route struct {
	Method, Path string
	May          staff.Role
	Query        []string
}

// Routes is the whole map.
func (s *Server) Routes() []Route {
	var out []Route
	for _, r := range s.routes() {
		out = append(out, Route{r.method, Prefix + r.path, r.may, r.query})
	}
	return out
}

// Quota is what an account may spend.
const Quota = quota

// TryCursor reads a cursor as a request does.
func TryCursor(s string) {
	c := &call{r: &http.Request{URL: &url.URL{Path: "/x", RawQuery: url.Values{"cursor": {s}}.Encode()}}}
	_, _, _ = c.page()
}
