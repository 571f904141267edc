package msal

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/AzureAD/microsoft-authentication-library-for-go/apps/public"

	"beside/auth"
)

// answer is what the browser brought back.
type answer struct {
	code, redirect, verifier string
	err                      error
}

// loopback waits for the browser on this computer. Unlike MSAL's own it has a page worth
// reading, and a stray or forged request does not end the sign-in: only the right state does.
type loopback struct {
	host   string // localhost:port, the only Host answered
	state  string
	result chan answer // of the first right answer
}

// browse has a person sign in and returns an authorization code for this sign-in only.
func (s *SignIn) browse(ctx context.Context, open func(string) error) (answer, error) {
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", "localhost:0")
	if err != nil {
		return answer{}, fmt.Errorf("msal: waiting for the browser: %w", err)
	}
	_, port, err := net.SplitHostPort(l.Addr().String())
	if err != nil {
		_ = l.Close()
		return answer{}, fmt.Errorf("msal: waiting for the browser: %w", err)
	}
	b := &loopback{host: "localhost:" + port, state: random(), result: make(chan answer, 1)}
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

	verifier, redirect := random(), "http://"+b.host
	address, err := s.authorizeURL(ctx, redirect, b.state, verifier)
	if err != nil {
		return answer{}, err
	}
	if err := open(address); err != nil {
		return answer{}, fmt.Errorf("msal: open the browser: %w", err)
	}
	select {
	case <-ctx.Done():
		return answer{}, fmt.Errorf("msal: %w: %w", auth.ErrCancelled, ctx.Err())
	case a := <-b.result:
		a.redirect, a.verifier = redirect, verifier
		return a, a.err
	}
}

// authorizeURL is MSAL's, with the parts that only its own browser flow adds.
func (s *SignIn) authorizeURL(ctx context.Context, redirect, state, verifier string) (string, error) {
	scopes := slices.Concat(s.scopes(), []string{"openid", "offline_access", "profile"})
	var opts []public.AuthCodeURLOption
	if s.c.LoginHint != "" {
		opts = append(opts, public.WithLoginHint(s.c.LoginHint))
	}
	address, err := s.client.AuthCodeURL(ctx, s.c.ClientID, redirect, scopes, opts...)
	if err != nil {
		return "", translate(err)
	}
	u, err := url.Parse(address)
	if err != nil {
		return "", fmt.Errorf("%w: authorization endpoint", auth.ErrProvider)
	}
	challenge := sha256.Sum256([]byte(verifier))
	q := u.Query()
	q.Set("state", state)
	q.Set("code_challenge", base64.RawURLEncoding.EncodeToString(challenge[:]))
	q.Set("code_challenge_method", "S256")
	q.Set("prompt", "select_account")
	q.Set("response_mode", "form_post") // the code never stands in an address
	u.RawQuery = q.Encode()
	return u.String(), nil
}

// ServeHTTP takes the form that the provider's page posts.
func (b *loopback) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !strings.EqualFold(r.Host, b.host) {
		http.Error(w, "unknown host", http.StatusMisdirectedRequest)
		return
	}
	if r.Method != http.MethodPost || r.URL.Path != "/" {
		w.Header().Set("Allow", http.MethodPost)
		http.Error(w, "not here", http.StatusMethodNotAllowed)
		return
	}
	r.Body = http.MaxBytesReader(w, r.Body, 64<<10)
	if err := r.ParseForm(); err != nil || subtle.ConstantTimeCompare([]byte(r.PostForm.Get("state")), []byte(b.state)) != 1 {
		http.Error(w, "not the sign-in that was started", http.StatusBadRequest)
		return
	}
	a := answer{code: r.PostForm.Get("code")}
	switch e := r.PostForm.Get("error"); {
	case codes[e] != nil:
		a.err = fmt.Errorf("msal: %w", codes[e])
	case e != "" || a.code == "":
		a.err = fmt.Errorf("msal: %w: the browser brought no code", auth.ErrProvider)
	}
	writePage(w, r, a.err == nil)
	select {
	case b.result <- a:
	default: // a second post of the same page
	}
}

// random is 43 symbols of 32 random bytes: a state or a PKCE verifier.
func random() string {
	b := make([]byte, 32)
	_, _ = rand.Read(b) // never fails
	return base64.RawURLEncoding.EncodeToString(b)
}
