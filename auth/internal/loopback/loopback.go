package loopback

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"time"

	"beside/auth"
)

// Answer is what the browser brought back.
type Answer struct {
	Code     string // "" if there is none
	Redirect string // where to
	Error    string // OAuth's, "" if there is none
}

// loopback waits for the browser on this computer. It has a page worth reading, and a stray or
// forged request does not end the sign-in: only the right state does.
type loopback struct {
	host   string // localhost:port, the only Host answered
	state  string
	query  bool        // the answer stands in the address instead of a form
	result chan Answer // the first right answer
}

// Wait has open send a person's browser to sign in and answers what it brings back to the redirect
// address. query says that it comes in the address; otherwise a form is posted. When ctx ends the
// error wraps auth.ErrCancelled.
func Wait(ctx context.Context, query bool, open func(redirect, state string) error) (Answer, error) {
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", "localhost:0")
	if err != nil {
		return Answer{}, fmt.Errorf("waiting for the browser: %w", err)
	}
	_, port, err := net.SplitHostPort(l.Addr().String())
	if err != nil {
		return Answer{}, errors.Join(fmt.Errorf("waiting for the browser: %w", err), l.Close())
	}
	b := &loopback{host: "localhost:" + port, state: Random(), query: query, result: make(chan Answer, 1)}
	srv := &http.Server{Handler: b, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 10 * time.Second, MaxHeaderBytes: 16 << 10}
	served := make(chan struct{})
	go func() {
		defer close(served)
		_ = srv.Serve(l) // ends by Close below
	}()
	defer func() {
		stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
		defer cancel()
		_ = srv.Shutdown(stop) // lets the page out first
		_ = srv.Close()
		<-served
	}()
	redirect := "http://" + b.host
	if err := open(redirect, b.state); err != nil {
		return Answer{}, err
	}
	select {
	case <-ctx.Done():
		return Answer{}, fmt.Errorf("%w: %w", auth.ErrCancelled, ctx.Err())
	case a := <-b.result:
		a.Redirect = redirect
		return a, nil
	}
}

// ServeHTTP takes the answer.
func (b *loopback) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !strings.EqualFold(r.Host, b.host) {
		http.Error(w, "unknown host", http.StatusMisdirectedRequest)
		return
	}
	method := http.MethodPost
	if b.query {
		method = http.MethodGet
	}
	if r.Method != method || r.URL.Path != "/" {
		w.Header().Set("Allow", method)
		http.Error(w, "not here", http.StatusMethodNotAllowed)
		return
	}
	r.Body = http.MaxBytesReader(w, r.Body, 64<<10)
	form := r.URL.Query()
	err := r.ParseForm()
	if !b.query {
		form = r.PostForm
	}
	if err != nil || subtle.ConstantTimeCompare([]byte(form.Get("state")), []byte(b.state)) != 1 {
		http.Error(w, "not the sign-in that was started", http.StatusBadRequest)
		return
	}
	a := Answer{Code: form.Get("code"), Error: form.Get("error")}
	writePage(w, r, a.Code != "" && a.Error == "")
	select {
	case b.result <- a:
	default: // a second post of the same page
	}
}

// Random is 43 symbols of 32 random bytes: a state or a PKCE verifier.
func Random() string {
	b := make([]byte, 32)
	_, _ = rand.Read(b) // never fails
	return base64.RawURLEncoding.EncodeToString(b)
}
