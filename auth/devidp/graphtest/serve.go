package graphtest

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Limits of the real service.
const (
	maxBatch = 20
	maxTop   = 999
)

func (a *Answer) write(w http.ResponseWriter) {
	for k, v := range a.Header {
		w.Header()[k] = v
	}
	if a.JSON == nil {
		w.WriteHeader(a.Status)
		_, _ = w.Write(a.Bytes)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(a.Status)
	_ = json.NewEncoder(w).Encode(a.JSON) // the client has gone then
}

// batch answers every question of a batch, the last one first: an order is not promised.
func (s *Server) batch(x *index, r *http.Request, meddle func(string, *Answer)) Answer {
	var in struct {
		Requests []struct {
			ID, Method, URL string
			Headers         map[string]string
		}
	}
	if err := json.NewDecoder(r.Body).Decode(&in); err != nil || len(in.Requests) == 0 || len(in.Requests) > maxBatch {
		return refuse(http.StatusBadRequest, "BadRequest")
	}
	out := []any{}
	for _, q := range slices.Backward(in.Requests) {
		u, err := url.Parse(q.URL)
		if err != nil || q.Method != http.MethodGet || !strings.HasPrefix(q.URL, "/") {
			return refuse(http.StatusBadRequest, "BadRequest")
		}
		s.Asked.Add(1)
		what := u.Path
		u.Path = "/v1.0" + u.Path
		a := x.ask(s.o.PageSize, "https://"+r.Host, u, q.Headers["ConsistencyLevel"])
		if meddle != nil {
			meddle(what, &a)
		}
		header := map[string]string{}
		for k := range a.Header {
			header[k] = a.Header.Get(k)
		}
		one := map[string]any{"id": q.ID, "status": a.Status, "headers": header, "body": a.JSON}
		if a.JSON == nil {
			one["body"] = base64.StdEncoding.EncodeToString(a.Bytes)
		}
		out = append(out, one)
	}
	return Answer{Status: http.StatusOK, Header: http.Header{}, JSON: map[string]any{"responses": out}}
}

var byDeviceID = regexp.MustCompile(`^devices\(deviceId='([0-9a-f-]+)'\)$`)

// ask answers one question.
func (x *index) ask(pageSize int, origin string, u *url.URL, consistency string) Answer {
	p := strings.Split(strings.TrimPrefix(u.Path, "/v1.0/"), "/")
	if m := byDeviceID.FindStringSubmatch(p[0]); m != nil {
		p = append([]string{"device", m[1]}, p[1:]...)
	}
	q := query{u: u, values: u.Query(), origin: origin, size: pageSize, eventual: consistency == "eventual"}
	switch {
	case len(p) == 1 && p[0] == "organization":
		return q.list([]entity{{"", func() map[string]any {
			return map[string]any{"id": x.Tenant, "displayName": x.Name, "verifiedDomains": []any{
				map[string]any{"name": "initial.onmicrosoft.example", "isDefault": false, "isInitial": true},
				map[string]any{"name": x.Domain, "isDefault": true, "isInitial": false},
			}}
		}}})
	case len(p) == 1 && p[0] != "managed":
		return q.list(x.all[p[0]])
	case p[0] == "deviceManagement" && len(p) == 2 && p[1] == "managedDevices":
		return q.list(x.managed(q.values.Get("$filter")))
	case p[0] == "users" && x.users[p[1]] != nil:
		return x.user(q, x.users[p[1]], p[2:])
	case p[0] == "groups" && x.groups[p[1]] != nil:
		return x.group(q, p[1], p[2:])
	case p[0] == "device" && x.devices[p[1]] != nil && x.devices[p[1]].Registered:
		return x.device(q, x.devices[p[1]], p[2:])
	}
	return refuse(http.StatusNotFound, "Request_ResourceNotFound")
}

func (x *index) managed(filter string) []entity {
	if filter == "" {
		return x.all["managed"]
	}
	id := strings.TrimSuffix(strings.TrimPrefix(filter, "azureADDeviceId eq '"), "'")
	return x.entries[id]
}

func (x *index) user(q query, u *User, rest []string) Answer {
	switch strings.Join(rest, "/") {
	case "":
		return q.one(u.entity())
	case "transitiveMemberOf/microsoft.graph.group":
		return q.advanced(x.in[u.ID])
	case "photos/96x96/$value":
		if u.Photo == nil {
			return refuse(http.StatusNotFound, "ImageNotFound")
		}
		return Answer{Status: http.StatusOK, Header: http.Header{"Content-Type": {"image/jpeg"}}, Bytes: u.Photo}
	case "managedDevices", "ownedDevices":
		var out []entity
		for i := range x.Devices {
			d := &x.Devices[i]
			if d.Owner != u.ID {
				continue
			}
			if rest[0] == "managedDevices" && d.Enrolled {
				out = append(out, d.managed())
			}
			if rest[0] == "ownedDevices" && d.Registered {
				out = append(out, d.entity())
			}
		}
		return q.list(out)
	}
	return refuse(http.StatusBadRequest, "BadRequest")
}

func (x *index) group(q query, id string, rest []string) Answer {
	path := strings.Join(rest, "/")
	kind, ok := strings.CutPrefix(path, "transitiveMembers")
	if !ok {
		return refuse(http.StatusBadRequest, "BadRequest")
	}
	if kind = strings.Replace(kind, "/", "#", 1); kind == "" {
		return q.advanced(x.members[id])
	}
	var out []entity
	for _, e := range x.members[id] {
		if e.kind == kind {
			out = append(out, e)
		}
	}
	return q.advanced(out)
}

func (x *index) device(q query, d *Device, rest []string) Answer {
	switch strings.Join(rest, "/") {
	case "":
		e := d.entity()
		if q.values.Get("$expand") == "registeredOwners($select=id)" {
			owners := []any{}
			if d.Owner != "" {
				owners = append(owners, map[string]any{"@odata.type": "#microsoft.graph.user", "id": d.Owner})
			}
			fields := e.fields
			e.fields = func() map[string]any {
				out := fields()
				out["registeredOwners"] = owners
				return out
			}
			q.values.Set("$select", q.values.Get("$select")+",registeredOwners")
		}
		return q.one(e)
	case "transitiveMemberOf/microsoft.graph.group":
		return q.advanced(x.in[d.Object])
	}
	return refuse(http.StatusBadRequest, "BadRequest")
}

// query is how a list is asked for.
type query struct {
	u        *url.URL
	values   url.Values
	origin   string
	size     int
	eventual bool
}

// pick takes the fields that were asked for; ok is false if there is none of a name.
func (q query) pick(e entity) (out map[string]any, ok bool) {
	out = map[string]any{}
	if e.kind != "" {
		out["@odata.type"] = e.kind
	}
	fields := e.fields()
	for _, f := range strings.Split(q.values.Get("$select"), ",") {
		v, ok := fields[f]
		if !ok {
			return nil, false
		}
		out[f] = v
	}
	return out, true
}

func (q query) one(e entity) Answer {
	f, ok := q.pick(e)
	if !ok {
		return refuse(http.StatusBadRequest, "Request_BadRequest")
	}
	return Answer{Status: http.StatusOK, Header: http.Header{}, JSON: f}
}

// advanced is a list that only the search index has.
func (q query) advanced(all []entity) Answer {
	if !q.eventual || q.values.Get("$count") != "true" {
		return refuse(http.StatusBadRequest, "Request_UnsupportedQuery")
	}
	return q.list(all)
}

// list is the page that was asked for.
func (q query) list(all []entity) Answer {
	n := q.size
	if t := q.values.Get("$top"); t != "" {
		top, err := strconv.Atoi(t)
		if err != nil || top < 1 || top > maxTop {
			return refuse(http.StatusBadRequest, "Request_BadRequest")
		}
		n = min(n, top)
	}
	from, _ := strconv.Atoi(q.values.Get("$skiptoken"))
	from = min(max(from, 0), len(all))
	value := []any{}
	for _, e := range all[from:min(from+n, len(all))] {
		f, ok := q.pick(e)
		if !ok {
			return refuse(http.StatusBadRequest, "Request_BadRequest")
		}
		value = append(value, f)
	}
	out := map[string]any{"value": value}
	if q.values.Get("$count") == "true" {
		out["@odata.count"] = len(all)
	}
	if from+n < len(all) {
		q.values.Set("$skiptoken", strconv.Itoa(from+n))
		out["@odata.nextLink"] = q.origin + q.u.Path + "?" + q.values.Encode()
	}
	return Answer{Status: http.StatusOK, Header: http.Header{}, JSON: out}
}
