package rest_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"beside/server/rest"
)

// contract is the OpenAPI document as a test reads it.
type contract struct {
	t        *testing.T
	compiler *jsonschema.Compiler
	doc      struct {
		OpenAPI    string                          `json:"openapi"`
		Paths      map[string]map[string]operation `json:"paths"`
		Components struct {
			Parameters map[string]parameter       `json:"parameters"`
			Responses  map[string]response        `json:"responses"`
			Headers    map[string]header          `json:"headers"`
			Schemas    map[string]json.RawMessage `json:"schemas"`
		} `json:"components"`
	}

	mu   sync.Mutex
	seen map[string]map[string]bool // operation -> statuses that were answered
}

type operation struct {
	ID          string              `json:"operationId"`
	Role        string              `json:"x-role"`
	Parameters  []parameter         `json:"parameters"`
	RequestBody *json.RawMessage    `json:"requestBody"`
	Responses   map[string]response `json:"responses"`
}

type parameter struct {
	Ref      string `json:"$ref"`
	Name     string `json:"name"`
	In       string `json:"in"`
	Required bool   `json:"required"`
}

type response struct {
	Ref     string                     `json:"$ref"`
	Headers map[string]header          `json:"headers"`
	Content map[string]json.RawMessage `json:"content"`
}

type header struct {
	Ref      string `json:"$ref"`
	Required bool   `json:"required"`
}

const docURL = "https://endpoint.example/openapi.json"

func readContract(t *testing.T, text []byte) *contract {
	t.Helper()
	c := &contract{t: t, compiler: jsonschema.NewCompiler(), seen: map[string]map[string]bool{}}
	if err := json.Unmarshal(text, &c.doc); err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err == nil {
		err = c.compiler.AddResource(docURL, doc)
	}
	if err != nil {
		t.Fatal(err)
	}
	c.compiler.AssertFormat()
	return c
}

func last(ref string) string { return ref[strings.LastIndexByte(ref, '/')+1:] }

func (c *contract) parameters(o operation) []parameter {
	var out []parameter
	for _, p := range o.Parameters {
		if p.Ref != "" {
			got, ok := c.doc.Components.Parameters[last(p.Ref)]
			if !ok {
				c.t.Errorf("%s names %s, which is not there", o.ID, p.Ref)
			}
			p = got
		}
		out = append(out, p)
	}
	return out
}

// find is the operation of a request, with its path in the document.
func (c *contract) find(method, path string) (string, operation, bool) {
	best := ""
	for template := range c.doc.Paths {
		a, b := strings.Split(template, "/"), strings.Split(path, "/")
		if len(a) != len(b) {
			continue
		}
		fits := true
		for i := range a {
			fits = fits && (a[i] == b[i] || a[i] == "{id}" && b[i] != "")
		}
		if fits && (best == "" || strings.Count(template, "{") < strings.Count(best, "{")) {
			best = template
		}
	}
	o, ok := c.doc.Paths[best][strings.ToLower(method)]
	return best, o, ok
}

func (c *contract) schema(pointer ...string) *jsonschema.Schema {
	c.t.Helper()
	for i := range pointer {
		pointer[i] = strings.NewReplacer("~", "~0", "/", "~1").Replace(pointer[i])
	}
	s, err := c.compiler.Compile(docURL + "#/" + strings.Join(pointer, "/"))
	if err != nil {
		c.t.Fatal(err)
	}
	return s
}

// check compares one exchange with the document.
func (c *contract) check(req *http.Request, sent []byte, resp *http.Response, got []byte) {
	c.t.Helper()
	c.mu.Lock()
	defer c.mu.Unlock()
	method := strings.ToLower(req.Method)
	path, o, ok := c.find(req.Method, req.URL.Path)
	if !ok {
		if resp.StatusCode < 400 {
			c.t.Errorf("%s %s is in no document and answers %d", req.Method, req.URL.Path, resp.StatusCode)
		}
		return
	}
	code := fmt.Sprint(resp.StatusCode)
	what := fmt.Sprintf("%s %s: %s", req.Method, req.URL.Path, code)
	if c.seen[o.ID] == nil {
		c.seen[o.ID] = map[string]bool{}
	}
	c.seen[o.ID][code] = true
	r, ok := o.Responses[code]
	if !ok {
		c.t.Errorf("%s is not documented: %s", what, got)
		return
	}
	at := []string{"paths", path, method, "responses", code}
	if r.Ref != "" {
		at = []string{"components", "responses", last(r.Ref)}
		if r, ok = c.doc.Components.Responses[last(r.Ref)]; !ok {
			c.t.Errorf("%s: no response %s", what, at[2])
			return
		}
	}
	for name, h := range r.Headers {
		if h.Ref != "" {
			h = c.doc.Components.Headers[last(h.Ref)]
		}
		if h.Required && resp.Header.Get(name) == "" {
			c.t.Errorf("%s has no %s", what, name)
		}
	}
	if o.RequestBody != nil && resp.StatusCode < 300 {
		c.valid(what+", sent", sent, c.schema("paths", path, method, "requestBody", "content", "application/json", "schema"))
	}
	if len(r.Content) == 0 {
		if len(got) > 0 {
			c.t.Errorf("%s has a body: %.100q", what, got)
		}
		return
	}
	kind, _, _ := strings.Cut(resp.Header.Get("Content-Type"), ";")
	if r.Content[kind] == nil {
		c.t.Errorf("%s comes as %q", what, kind)
		return
	}
	s := c.schema(append(at, "content", kind, "schema")...)
	switch kind {
	case "text/csv":
	case "application/x-ndjson":
		for l := range bytes.Lines(got) {
			c.valid(what, l, s)
		}
	default:
		c.valid(what, got, s)
	}
}

func (c *contract) valid(what string, text []byte, s *jsonschema.Schema) {
	c.t.Helper()
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err == nil {
		err = s.Validate(v)
	}
	if err != nil {
		c.t.Errorf("%s: %v\n%s", what, err, text)
	}
}

// TestDocument: every route is in the document with its role and parameters, and the other way round;
// every reference leads somewhere.
func TestDocument(t *testing.T) {
	e := start(t)
	c := e.contract
	if c.doc.OpenAPI != "3.1.0" {
		t.Errorf("version %q", c.doc.OpenAPI)
	}
	have := map[string]bool{}
	for _, r := range e.api.Routes() {
		name := r.Method + " " + r.Path
		have[name] = true
		o, ok := c.doc.Paths[r.Path][strings.ToLower(r.Method)]
		if !ok {
			t.Errorf("%s is not in the document", name)
			continue
		}
		var query []string
		for _, p := range c.parameters(o) {
			if p.In == "query" {
				query = append(query, p.Name)
			}
			if p.In == "path" && !strings.Contains(r.Path, "{"+p.Name+"}") {
				t.Errorf("%s has no %s", name, p.Name)
			}
		}
		want := slices.Clone(r.Query)
		slices.Sort(want)
		slices.Sort(query)
		if o.Role != r.May.String() || !slices.Equal(query, want) {
			t.Errorf("%s: role %q and %v in the document, %v and %v in the routes", name, o.Role, query, r.May, want)
		}
	}
	ids := map[string]bool{}
	for path, methods := range c.doc.Paths {
		for method, o := range methods {
			if !have[strings.ToUpper(method)+" "+path] {
				t.Errorf("%s %s is in the document only", method, path)
			}
			if o.ID == "" || ids[o.ID] {
				t.Errorf("%s %s: operation id %q", method, path, o.ID)
			}
			ids[o.ID] = true
			for _, code := range []string{"401", "403", "429", "500", "503"} {
				if _, ok := o.Responses[code]; !ok {
					t.Errorf("%s has no answer %s", o.ID, code)
				}
			}
		}
	}
	for name := range c.doc.Components.Schemas {
		c.schema("components", "schemas", name)
	}
}

// TestDocumentIsPublic: a program reads it before it has a token.
func TestDocumentIsPublic(t *testing.T) {
	e := start(t)
	resp, err := e.srv.Client().Get(e.srv.URL + rest.DocumentPath)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK || !json.Valid(b) || resp.Header.Get("Content-Type") != "application/json" {
		t.Errorf("%d %v", resp.StatusCode, err)
	}
}
