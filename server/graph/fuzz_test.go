package graph_test

import (
	"errors"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"beside/auth/devidp/graphtest"
	"beside/server/graph"
)

// FuzzAnswers gives any bytes as the answer to every kind of question: a person or device is then
// what was asked for, or there is none.
func FuzzAnswers(f *testing.F) {
	for _, s := range []string{
		`{"responses":[{"id":"0","status":200,"body":{"id":"` + sam + `","accountEnabled":true}},{"id":"1","status":200,"body":{"value":[]}}]}`,
		`{"responses":[{"id":"0","status":429,"headers":{"Retry-After":"9"}},{"id":"1","status":404,"body":null}]}`,
		`{"value":[{"id":"` + staff + `","@odata.type":"#microsoft.graph.user"}],"@odata.count":1}`,
		`{"value":[],"@odata.nextLink":"https://graph.test/v1.0/users?$skiptoken=1"}`,
		`{"access_token":"x","token_type":"Bearer","expires_in":"1"}`,
		`{"error":{"code":"TooManyRequests"}}`, `{"value":null}`, `[]`, ``, "\x00",
	} {
		f.Add([]byte(s), 200, "1")
	}
	f.Add([]byte(`{"value":[]}`), 503, time.Now().Format(http.TimeFormat))
	f.Fuzz(func(t *testing.T, b []byte, status int, after string) {
		if status < 200 || status > 599 {
			return
		}
		synctest.Test(t, func(t *testing.T) { answers(t, b, status, after) })
	})
}

func answers(t *testing.T, b []byte, status int, after string) {
	s, c, _ := open(t, graphtest.Options{Data: small()})
	s.Meddle(func(path string, a *graphtest.Answer) {
		if path != "/token" || len(b)%5 == 0 {
			*a = graphtest.Answer{Status: status, Header: http.Header{"Retry-After": {after}}, Bytes: b}
		}
	})
	check := func(err error) {
		if err != nil && !errors.Is(err, graph.ErrUnavailable) && !errors.Is(err, graph.ErrNotFound) {
			t.Error(err)
		}
	}
	people, err := c.People(t.Context(), []graph.PersonQuery{{ID: sam}})
	check(err)
	if err == nil && people[0].Err == nil && people[0].ID != sam {
		t.Errorf("asked for Sam, got %q", people[0].ID)
	}
	devices, err := c.Devices(t.Context(), []string{laptop})
	check(err)
	if err == nil && devices[0].Err == nil && devices[0].Registered == nil && len(devices[0].Managed) == 0 {
		t.Error("a device that nobody knows")
	}
	_, err = c.Users(t.Context())
	check(err)
	_, _, err = c.Members(t.Context(), staff)
	check(err)
	_, err = c.Sizes(t.Context(), []string{staff})
	check(err)
	_, err = c.Organization(t.Context(), tid)
	check(err)
}
