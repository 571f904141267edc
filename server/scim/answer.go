package scim

import (
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"strings"

	"beside/server/store"
)

const (
	mediaType   = "application/scim+json"
	errorSchema = "urn:ietf:params:scim:api:messages:2.0:Error"
)

// failure is an answer in SCIM's own form for errors. Its text never quotes what was sent.
type failure struct {
	status int
	kind   string // scimType, "" for none
	detail string
}

func (f *failure) Error() string {
	return "scim: " + strconv.Itoa(f.status) + " " + f.kind + " " + f.detail
}

func bad(kind, detail string) error { return &failure{http.StatusBadRequest, kind, detail} }

var (
	errValue  = &failure{http.StatusBadRequest, "invalidValue", "A value is missing, too long, or of the wrong kind."}
	errSyntax = &failure{http.StatusBadRequest, "invalidSyntax", "The request is not the JSON that SCIM asks for."}
	errPath   = &failure{http.StatusBadRequest, "invalidPath", "The path is not one of SCIM."}
	errFilter = &failure{http.StatusBadRequest, "invalidFilter", "Only attributes with eq, joined by and, can be filtered for."}
	errMatch  = &failure{http.StatusPreconditionFailed, "", "The resource is of another version."}
	errAbsent = &failure{http.StatusNotFound, "", "There is no such resource."}
)

// fail answers an error. What is none of the client's doing is 503, because it may be gone soon.
func (s *Server) fail(w http.ResponseWriter, r *http.Request, err error) {
	var f *failure
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &f):
	case errors.As(err, &tooLarge):
		f = &failure{http.StatusRequestEntityTooLarge, "", "The request is too large."}
	case errors.Is(err, store.ErrNotFound):
		f = errAbsent
	case errors.Is(err, store.ErrStale):
		f = errMatch
	case errors.Is(err, store.ErrConflict):
		f = &failure{http.StatusConflict, "uniqueness", "Another resource has this userName or externalId."}
	case errors.Is(err, store.ErrNoMember):
		f = &failure{http.StatusBadRequest, "invalidValue", "A member does not exist."}
	default:
		s.o.Log.ErrorContext(r.Context(), "provisioning", "path", r.URL.Path, "err", err)
		f = &failure{http.StatusServiceUnavailable, "", "The directory cannot be changed or read now."}
		w.Header().Set("Retry-After", "10")
	}
	body := map[string]any{"schemas": []string{errorSchema}, "status": strconv.Itoa(f.status), "detail": f.detail}
	if f.kind != "" {
		body["scimType"] = f.kind
	}
	write(w, f.status, body)
}

func write(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", mediaType)
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // the client has gone then
}

// tag is the ETag of a version.
func tag(version int64) string { return `W/"` + strconv.FormatInt(version, 10) + `"` }

// ifMatch is the version that the request insists on, 0 for any.
func ifMatch(r *http.Request) (int64, error) {
	h := strings.TrimSpace(r.Header.Get("If-Match"))
	if h == "" || h == "*" {
		return 0, nil
	}
	n, err := strconv.ParseInt(strings.Trim(strings.TrimPrefix(h, "W/"), `"`), 10, 64)
	if err != nil || n <= 0 {
		return 0, errMatch
	}
	return n, nil
}

// resource is what stands in an answer, by attribute.
type resource map[string]any

// single answers one resource, or only that the client has it already.
func (s *Server) single(w http.ResponseWriter, r *http.Request, status int, res resource, version int64) {
	w.Header().Set("ETag", tag(version))
	if status == http.StatusOK && r.Method == http.MethodGet && r.Header.Get("If-None-Match") == tag(version) {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	if meta, ok := res["meta"].(resource); ok {
		if at, ok := meta["location"].(string); ok {
			w.Header().Set("Location", at)
		}
	}
	write(w, status, choose(res, r))
}

// choose leaves what the request's attributes and excludedAttributes ask for.
func choose(res resource, r *http.Request) resource {
	only, not := names(r.URL.Query().Get("attributes")), names(r.URL.Query().Get("excludedAttributes"))
	out := resource{}
	for k, v := range res {
		switch low := strings.ToLower(k); {
		case low == "id" || low == "schemas":
		case len(only) > 0 && !only[low], len(only) == 0 && not[low]:
			continue
		}
		out[k] = v
	}
	return out
}

// wants says whether an answer to the request will have an attribute.
func wants(r *http.Request, attr string) bool {
	_, ok := choose(resource{attr: true}, r)[attr]
	return ok
}

// names are the attributes of a list, as far as they are whole ones: name.givenName asks for name.
func names(list string) map[string]bool {
	out := map[string]bool{}
	for n := range strings.SplitSeq(list, ",") {
		if n = strings.ToLower(strings.TrimSpace(n)); n != "" && len(out) < 64 {
			attr, _ := parsePath(n)
			out[attr.name] = true
			if attr.name == attrCompany {
				out[strings.ToLower(schemaEnterprise)] = true
			}
		}
	}
	return out
}
