package admin

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"time"
)

// The cookies. __Host- pins them to this host, https and the whole site.
const (
	cookieWho   = "__Host-beside-admin"
	cookieGo    = "__Host-beside-admin-go" // a sign-in that is under way
	cookieLang  = "beside-admin-lang"
	cookieTheme = "beside-admin-theme"
)

// sealer makes cookies that nobody but the endpoint can make or read. It is safe for
// concurrent use.
type sealer struct{ aead cipher.AEAD }

func newSealer(key []byte) (sealer, error) {
	if len(key) != 32 {
		return sealer{}, errors.New("admin: the cookie key must have 32 bytes")
	}
	b, err := aes.NewCipher(key)
	if err != nil {
		return sealer{}, err
	}
	a, err := cipher.NewGCMWithRandomNonce(b)
	return sealer{a}, err
}

// seal returns v for a cookie of that name; it opens under no other.
func (s sealer) seal(name string, v any) (string, error) {
	b, err := json.Marshal(v)
	if err != nil {
		return "", err
	}
	return base64.RawURLEncoding.EncodeToString(s.aead.Seal(nil, nil, b, []byte(name))), nil
}

func (s sealer) open(name, value string, v any) bool {
	b, err := base64.RawURLEncoding.DecodeString(value)
	if err != nil {
		return false
	}
	if b, err = s.aead.Open(nil, nil, b, []byte(name)); err != nil {
		return false
	}
	return json.Unmarshal(b, v) == nil
}

func (s sealer) read(r *http.Request, name string, v any) bool {
	c, err := r.Cookie(name)
	return err == nil && s.open(name, c.Value, v)
}

// set gives the browser a cookie that script cannot read and other sites cannot send.
func (s sealer) set(w http.ResponseWriter, name string, v any, life time.Duration) error {
	value, err := s.seal(name, v)
	if err != nil {
		return err
	}
	http.SetCookie(w, &http.Cookie{
		Name: name, Value: value, Path: "/", Secure: true, HttpOnly: true, SameSite: http.SameSiteLaxMode, MaxAge: int(life.Seconds()),
	})
	return nil
}

func clear(w http.ResponseWriter, name string) {
	http.SetCookie(w, &http.Cookie{Name: name, Path: "/", Secure: true, HttpOnly: true, SameSite: http.SameSiteLaxMode, MaxAge: -1})
}

// plain is a cookie that holds a taste, no secret.
func plain(w http.ResponseWriter, name, value string) {
	http.SetCookie(w, &http.Cookie{Name: name, Value: value, Path: "/admin/", Secure: true, HttpOnly: true, SameSite: http.SameSiteLaxMode, MaxAge: 365 * 24 * 3600})
}

func random() string {
	var b [24]byte
	_, _ = rand.Read(b[:]) // never fails
	return base64.RawURLEncoding.EncodeToString(b[:])
}
