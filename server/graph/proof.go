package graph

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"beside/server/secret"
)

// assertionFor is how long a proof by certificate counts, before and after now.
const assertionFor = 5 * time.Minute

// prove adds to a token request what shows that it is us: a statement signed with the
// certificate's key, or the secret.
func (t *Tokens) prove(form url.Values) error {
	byCert := t.c.Certificate != "" && t.c.Key != ""
	switch {
	case byCert == (t.c.Secret != "") || !byCert && t.c.Certificate+t.c.Key != "":
		return errors.New("a certificate with its key, or a secret, is needed and not both")
	case !byCert:
		b, err := secret.Read(t.c.Secret)
		if err != nil {
			return err
		}
		form.Set("client_secret", strings.TrimSpace(string(b)))
		return nil
	}
	signed, err := t.assertion(time.Now())
	if err != nil {
		return err
	}
	form.Set("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer")
	form.Set("client_assertion", signed)
	return nil
}

// assertion is the statement that replaces a secret (RFC 7523), as Entra wants it: PS256 and
// the SHA-256 of the certificate.
func (t *Tokens) assertion(now time.Time) (string, error) {
	cert, key, err := readPair(t.c.Certificate, t.c.Key)
	if err != nil {
		return "", err
	}
	if now.After(cert.NotAfter) {
		return "", fmt.Errorf("%s ended on %s", t.c.Certificate, cert.NotAfter.Format(time.DateOnly))
	}
	print := sha256.Sum256(cert.Raw)
	id := ID(t.c.ClientID)
	tok := jwt.NewWithClaims(jwt.SigningMethodPS256, jwt.MapClaims{
		"aud": t.endpoint, "iss": id, "sub": id, "jti": rand.Text(),
		"iat": now.Unix(), "nbf": now.Add(-assertionFor).Unix(), "exp": now.Add(assertionFor).Unix(),
	})
	tok.Header["x5t#S256"] = base64.RawURLEncoding.EncodeToString(print[:])
	signed, err := tok.SignedString(key)
	if err != nil {
		return "", fmt.Errorf("sign: %w", err)
	}
	return signed, nil
}

// readPair reads a certificate and the RSA key that belongs to it.
func readPair(certFile, keyFile string) (*x509.Certificate, *rsa.PrivateKey, error) {
	b, err := os.ReadFile(certFile)
	if err != nil {
		return nil, nil, err
	}
	block, _ := pem.Decode(b)
	if block == nil || block.Type != "CERTIFICATE" {
		return nil, nil, fmt.Errorf("%s does not begin with a PEM certificate", certFile)
	}
	cert, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", certFile, err)
	}
	if b, err = secret.Read(keyFile); err != nil {
		return nil, nil, err
	}
	if block, _ = pem.Decode(b); block == nil {
		return nil, nil, fmt.Errorf("%s is no PEM file", keyFile)
	}
	key, err := rsaKey(block)
	if err != nil {
		return nil, nil, fmt.Errorf("%s %w", keyFile, err)
	}
	if !key.PublicKey.Equal(cert.PublicKey) {
		return nil, nil, fmt.Errorf("%s is not the key of %s", keyFile, certFile)
	}
	return cert, key, nil
}

func rsaKey(block *pem.Block) (*rsa.PrivateKey, error) {
	if block.Type == "RSA PRIVATE KEY" {
		k, err := x509.ParsePKCS1PrivateKey(block.Bytes)
		if err != nil {
			return nil, errors.New("holds no key that can be read")
		}
		return k, nil
	}
	k, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil { // a sealed key too; the reason is not repeated
		return nil, errors.New("holds no key that can be read without a password")
	}
	r, ok := k.(*rsa.PrivateKey)
	if !ok || r.N.BitLen() < 2048 {
		return nil, errors.New("holds no RSA key of at least 2048 bits")
	}
	return r, nil
}
