package graphtest

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"net/http"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// token issues a token to a client that proves itself.
func (s *Server) token(r *http.Request) Answer {
	no := func(what string, number int) Answer {
		return Answer{Status: http.StatusBadRequest, Header: http.Header{}, JSON: map[string]any{
			"error": what, "error_codes": []int{number}, "error_description": "A sentence that may quote the secret.",
		}}
	}
	if err := r.ParseForm(); err != nil || r.Method != http.MethodPost {
		return no("invalid_request", 900144)
	}
	f := r.PostForm
	switch {
	case f.Get("grant_type") != "client_credentials":
		return no("unsupported_grant_type", 70003)
	case f.Get("client_id") != s.o.ClientID:
		return no("unauthorized_client", 700016)
	case f.Get("scope") != Base+"/.default" && f.Get("scope") != "https://"+r.Host+"/.default":
		return no("invalid_scope", 70011)
	}
	if s.o.Certificate != nil {
		if err := s.checkAssertion(r, f.Get("client_assertion_type"), f.Get("client_assertion")); err != nil {
			return no("invalid_client", 700027)
		}
	} else if s.o.Secret == "" || f.Get("client_secret") != s.o.Secret {
		return no("invalid_client", 7000215)
	}
	s.Tokens.Add(1)
	token := "graph-" + rand.Text()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tokens[token] = time.Now().Add(s.o.TokenLife)
	return Answer{Status: http.StatusOK, Header: http.Header{}, JSON: map[string]any{
		"access_token": token, "token_type": "Bearer", "expires_in": int(s.o.TokenLife.Seconds()),
	}}
}

var errAssertion = errors.New("graphtest: assertion")

// checkAssertion is what Entra checks of a statement by certificate.
func (s *Server) checkAssertion(r *http.Request, kind, signed string) error {
	if kind != "urn:ietf:params:oauth:client-assertion-type:jwt-bearer" {
		return errAssertion
	}
	key, ok := s.o.Certificate.PublicKey.(*rsa.PublicKey)
	if !ok {
		return errAssertion
	}
	var c jwt.RegisteredClaims
	tok, err := jwt.ParseWithClaims(signed, &c, func(*jwt.Token) (any, error) { return key, nil },
		jwt.WithValidMethods([]string{"PS256"}), jwt.WithExpirationRequired(), jwt.WithAudience("https://"+r.Host+r.URL.Path),
		jwt.WithIssuer(s.o.ClientID), jwt.WithSubject(s.o.ClientID))
	if err != nil {
		return err
	}
	sum := sha256.Sum256(s.o.Certificate.Raw)
	s.mu.Lock()
	defer s.mu.Unlock()
	if tok.Header["x5t#S256"] != base64.RawURLEncoding.EncodeToString(sum[:]) || tok.Header["typ"] != "JWT" || c.ID == "" || s.proofs[c.ID] ||
		c.NotBefore == nil || c.ExpiresAt.Sub(c.NotBefore.Time) > 10*time.Minute {
		return errAssertion
	}
	s.proofs[c.ID] = true
	return nil
}
