package rest

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"time"

	"beside/server/directory"
	"beside/server/problem"
	"beside/server/store"
)

func malformed(why string) error {
	return &problem.Details{Problem: problem.New(problem.Malformed), Detail: why}
}

func invalid(faults ...problem.Fault) error {
	return &problem.Details{Problem: problem.New(problem.Invalid), Errors: faults}
}

// decode reads the body, which must be one JSON object with the required members and no unknown ones.
func decode(c *call, into any, required ...string) error {
	if kind, _, err := mime.ParseMediaType(c.r.Header.Get("Content-Type")); err != nil || kind != "application/json" {
		return problem.New(problem.MediaType)
	}
	b, err := io.ReadAll(c.r.Body)
	if err != nil {
		return err
	}
	if bytes.Contains(b, []byte(`\u0000`)) { // PostgreSQL has no such text
		return malformed("there is a NUL character in it")
	}
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return malformed(err.Error())
	}
	if _, err := d.Token(); err != io.EOF {
		return malformed("there is more than one value")
	}
	var have map[string]json.RawMessage
	if err := json.Unmarshal(b, &have); err != nil || have == nil {
		return malformed("it must be an object")
	}
	var faults []problem.Fault
	for _, name := range required {
		if _, ok := have[name]; !ok {
			faults = append(faults, problem.Fault{Pointer: "/" + name, Detail: "is needed"})
		}
	}
	if faults != nil {
		return invalid(faults...)
	}
	return nil
}

func (c *call) send(code int, v any) error {
	c.w.Header().Set("Content-Type", "application/json")
	c.w.WriteHeader(code)
	_ = json.NewEncoder(c.w).Encode(v) // whoever asked went away
	return nil
}

// kinds are the letters of ETags.
var kinds = map[store.Object]string{store.SettingsObject: "s", store.RoleObject: "r", store.AssignmentObject: "a"}

func etag(what store.Object, version int64) string {
	return `"` + kinds[what] + strconv.FormatInt(version, 10) + `"`
}

// tagged sends an object with its version, or says that the asker has it.
func (c *call) tagged(code int, what store.Object, version int64, v any) error {
	tag := etag(what, version)
	c.w.Header().Set("ETag", tag)
	if code == http.StatusOK && c.r.Method != http.MethodPut {
		for have := range strings.SplitSeq(c.r.Header.Get("If-None-Match"), ",") {
			if strings.TrimPrefix(strings.TrimSpace(have), "W/") == tag {
				c.w.WriteHeader(http.StatusNotModified)
				return nil
			}
		}
	}
	return c.send(code, v)
}

// ifMatch is the version that a request wants to replace. One that names none, or any, is refused: it
// could overwrite what somebody else did. What is no tag of ours matches nothing.
func (c *call) ifMatch(what store.Object) (int64, error) {
	tag := strings.TrimSpace(c.r.Header.Get("If-Match"))
	if tag == "" || tag == "*" {
		return 0, problem.New(problem.Unconditional)
	}
	text, ok := strings.CutPrefix(tag, `"`+kinds[what])
	n, err := strconv.ParseInt(strings.TrimSuffix(text, `"`), 10, 64)
	if !ok || err != nil || etag(what, n) != tag {
		return -1, nil
	}
	return n, nil
}

// stale says what is there instead of what was to be replaced.
func (c *call) stale(what store.Object, version int64, current any) error {
	c.w.Header().Set("ETag", etag(what, version))
	return &problem.Details{Problem: problem.New(problem.Stale), Current: current}
}

// newID is the id of something new. A request that is sent again with the same Idempotency-Key gets
// the same id, on every node, and so makes nothing twice.
func (s *Server) newID(c *call, what store.Object) (string, error) {
	key := c.r.Header.Get("Idempotency-Key")
	if key == "" {
		return store.NewID(), nil
	}
	if len(key) > 200 {
		return "", malformed("the Idempotency-Key is longer than 200 characters")
	}
	h := sha256.Sum256(fmt.Appendf(nil, "beside idempotency/1\x00%s\x00%s\x00%s\x00%s", s.o.Tenant, c.who.Object, what, key))
	h[6], h[8] = h[6]&0x0f|0x80, h[8]&0x3f|0x80 // version 8: made in a way of one's own
	return fmt.Sprintf("%x-%x-%x-%x-%x", h[:4], h[4:6], h[6:8], h[8:10], h[10:16]), nil
}

// list is a page.
type list[T any] struct {
	Items []T    `json:"items"`
	Next  string `json:"next,omitempty"`
	Total *int   `json:"total,omitempty"`
}

// Pages.
const (
	perPage = 50
	mostPer = directory.MaxPage
)

// cursor is where a list goes on. To is of the list that it was made for.
type cursor struct {
	To     string `json:"l"`
	Offset int    `json:"o,omitempty"`
	Seq    uint64 `json:"s,omitempty"`
	At     int64  `json:"t,omitempty"` // unix milliseconds
	ID     string `json:"i,omitempty"`
}

// listed names the list that a request asks for: its path and filters.
func (c *call) listed() string {
	q := c.r.URL.Query()
	q.Del("cursor")
	q.Del("limit")
	h := sha256.Sum256([]byte(c.r.URL.Path + "?" + q.Encode()))
	return base64.RawURLEncoding.EncodeToString(h[:9])
}

// page reads limit and cursor.
func (c *call) page() (limit int, at cursor, err error) {
	q := c.r.URL.Query()
	limit = perPage
	if text := q.Get("limit"); text != "" {
		if limit, err = strconv.Atoi(text); err != nil || limit < 1 || limit > mostPer {
			return 0, at, malformed(fmt.Sprintf("limit is a number from 1 to %d", mostPer))
		}
	}
	text := q.Get("cursor")
	if text == "" {
		return limit, at, nil
	}
	b, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil || json.Unmarshal(b, &at) != nil || at.To != c.listed() || at.Offset < 0 {
		return 0, at, malformed("the cursor is not of this list")
	}
	return limit, at, nil
}

func (c *call) next(at cursor) string {
	at.To = c.listed()
	b, err := json.Marshal(at)
	if err != nil {
		return ""
	}
	return base64.RawURLEncoding.EncodeToString(b)
}

// since reads the parameter of that name, zero if there is none.
func (c *call) since() (time.Time, error) {
	text := c.r.URL.Query().Get("since")
	if text == "" {
		return time.Time{}, nil
	}
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return t, malformed("since is a time like 2026-11-24T09:00:00Z")
	}
	return t, nil
}

// slice is a page of a list that is there as a whole.
func slice[A, B any](c *call, all []A, convert func(A) B) error {
	limit, at, err := c.page()
	if err != nil {
		return err
	}
	n := len(all)
	out := list[B]{Items: []B{}, Total: &n}
	from := min(at.Offset, n)
	for _, a := range all[from:min(from+limit, n)] {
		out.Items = append(out.Items, convert(a))
	}
	if from+limit < n {
		out.Next = c.next(cursor{Offset: from + limit})
	}
	return c.send(http.StatusOK, out)
}

// filled is a list that is sent as one when it is empty, too.
func filled(in []string) []string { return append([]string{}, in...) }
