package loopback

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"beside/auth"
)

func TestWait(t *testing.T) {
	for name, c := range map[string]struct {
		query bool
		send  func(redirect, state string) (*http.Response, error)
		want  Answer
	}{
		"form": {false, func(at, state string) (*http.Response, error) {
			return http.PostForm(at, url.Values{"state": {state}, "code": {"c"}})
		}, Answer{Code: "c"}},
		"address": {true, func(at, state string) (*http.Response, error) { return http.Get(at + "/?code=c&state=" + state) }, Answer{Code: "c"}},
		"refused": {true, func(at, state string) (*http.Response, error) {
			return http.Get(at + "/?error=access_denied&state=" + state)
		}, Answer{Error: "access_denied"}},
	} {
		t.Run(name, func(t *testing.T) {
			var redirect string
			got, err := Wait(t.Context(), c.query, func(at, state string) error {
				redirect = at
				for i, forged := range []func() (*http.Response, error){
					func() (*http.Response, error) { return http.Get(at + "/?code=x&state=y") },
					func() (*http.Response, error) { return http.PostForm(at, url.Values{"state": {"y"}, "code": {"x"}}) },
					func() (*http.Response, error) { // the other way than was agreed
						if c.query {
							return http.PostForm(at, url.Values{"state": {state}, "code": {"x"}})
						}
						return http.Get(at + "/?code=x&state=" + state)
					},
				} {
					if r, err := forged(); err != nil || r.Body.Close() != nil || r.StatusCode < 400 {
						t.Errorf("forged answer %d was taken (%v)", i, err)
					}
				}
				r, err := c.send(at, state)
				if err == nil {
					err = r.Body.Close()
				}
				return err
			})
			c.want.Redirect = redirect
			if err != nil || got != c.want || !strings.HasPrefix(redirect, "http://localhost:") {
				t.Errorf("%+v %v", got, err)
			}
		})
	}
}

func TestWaitEnds(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	if _, err := Wait(ctx, true, func(string, string) error { stop(); return nil }); !errors.Is(err, auth.ErrCancelled) {
		t.Error(err)
	}
	broken := errors.New("no browser")
	if _, err := Wait(t.Context(), true, func(string, string) error { return broken }); !errors.Is(err, broken) {
		t.Error(err)
	}
}

func TestPage(t *testing.T) {
	for name, c := range map[string]struct {
		lang string
		ok   bool
		want string
	}{
		"english": {"en-GB,en;q=0.9", true, english.okTitle}, "dutch": {"nl-NL,nl;q=0.9,en;q=0.5", true, dutch.okTitle},
		"failed": {"nl", false, dutch.failTitle}, "nothing asked": {"", false, english.failTitle},
	} {
		w := httptest.NewRecorder()
		r := httptest.NewRequest(http.MethodPost, "/", nil)
		r.Header.Set("Accept-Language", c.lang)
		writePage(w, r, c.ok)
		if b, err := io.ReadAll(w.Body); err != nil || !strings.Contains(string(b), c.want) {
			t.Errorf("%s: %v %s", name, err, b)
		}
	}
}
