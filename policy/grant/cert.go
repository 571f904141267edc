package grant

import (
	"crypto/ed25519"
	"encoding/hex"
	"regexp"
	"time"

	"beside/policy"
)

// Types of certificates (PROTOCOL 1.3), and the longest that each may live.
const (
	typDevice  = "beside-device+jwt"
	typHelper  = "beside-unattended-helper+jwt"
	DeviceLife = 400 * 24 * time.Hour
	HelperLife = 30 * 24 * time.Hour
)

// DeviceCert is the anchor's word that a device has a key. Times are unix seconds.
type DeviceCert struct {
	Tenant    string `json:"tid"`
	Device    string `json:"device"`
	Key       []byte `json:"dk"` // Ed25519
	Serial    string `json:"serial"`
	NotBefore int64  `json:"nbf"`
	NotAfter  int64  `json:"exp"`
}

// HelperCert is the anchor's word that a helper's app may open unattended sessions, where, and how far.
type HelperCert struct {
	Tenant    string   `json:"tid"`
	Helper    string   `json:"hoid"`
	Key       []byte   `json:"hk"`      // Ed25519, of this one app
	Devices   []string `json:"devices"` // ids; none means none
	Rights    []string `json:"rights"`  // the most
	Serial    string   `json:"serial"`
	NotBefore int64    `json:"nbf"`
	NotAfter  int64    `json:"exp"`
}

var certGUID = regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$`)

// common checks what both certificates have. Times are not judged here.
func common(tenant, id string, key []byte, serial string, nbf, exp int64, life time.Duration) error {
	raw, err := hex.DecodeString(serial)
	switch {
	case !certGUID.MatchString(tenant) || !certGUID.MatchString(id):
		return refuse("certificate", "id")
	case len(key) != ed25519.PublicKeySize:
		return refuse("certificate", "key")
	case err != nil || len(raw) != 8:
		return refuse("certificate", "serial")
	case nbf <= 0 || exp <= nbf || exp-nbf > int64(life/time.Second):
		return refuse("certificate", "life")
	}
	return nil
}

func (c DeviceCert) check() error {
	return common(c.Tenant, c.Device, c.Key, c.Serial, c.NotBefore, c.NotAfter, DeviceLife)
}

func (c HelperCert) check() error {
	if err := common(c.Tenant, c.Helper, c.Key, c.Serial, c.NotBefore, c.NotAfter, HelperLife); err != nil {
		return err
	}
	rights, ok := policy.ParseRights(c.Rights)
	if !ok || rights == 0 || len(c.Devices) == 0 {
		return refuse("certificate", "rights or devices")
	}
	for _, d := range c.Devices {
		if !certGUID.MatchString(d) {
			return refuse("certificate", "devices")
		}
	}
	return nil
}

// SignDevice makes a device certificate.
func SignDevice(anchor ed25519.PrivateKey, c DeviceCert) (string, error) {
	if err := c.check(); err != nil {
		return "", err
	}
	return sign(anchor, header{"EdDSA", typDevice, "anchor"}, c)
}

// SignHelper makes a helper certificate.
func SignHelper(anchor ed25519.PrivateKey, c HelperCert) (string, error) {
	if err := c.check(); err != nil {
		return "", err
	}
	return sign(anchor, header{"EdDSA", typHelper, "anchor"}, c)
}

// VerifyDevice checks a device certificate: form, signature, tenant, that it counts now by a clock that
// may be two days off, and that st does not revoke it.
func VerifyDevice(jws string, anchor ed25519.PublicKey, st Statement, tenant string, now time.Time) (DeviceCert, error) {
	var c DeviceCert
	if err := open(jws, typDevice, anchor, &c); err != nil {
		return DeviceCert{}, err
	}
	if err := c.check(); err != nil {
		return DeviceCert{}, err
	}
	if err := counts(st, c.Tenant, tenant, c.Serial, c.NotBefore, c.NotAfter, now); err != nil {
		return DeviceCert{}, err
	}
	return c, nil
}

// VerifyHelper checks a helper certificate likewise.
func VerifyHelper(jws string, anchor ed25519.PublicKey, st Statement, tenant string, now time.Time) (HelperCert, error) {
	var c HelperCert
	if err := open(jws, typHelper, anchor, &c); err != nil {
		return HelperCert{}, err
	}
	if err := c.check(); err != nil {
		return HelperCert{}, err
	}
	if err := counts(st, c.Tenant, tenant, c.Serial, c.NotBefore, c.NotAfter, now); err != nil {
		return HelperCert{}, err
	}
	return c, nil
}

// open checks form and signature and decodes.
func open(jws, typ string, anchor ed25519.PublicKey, into any) error {
	h, payload, signed, sig, err := split(jws, typ)
	if err != nil {
		return err
	}
	if h.Kid != "anchor" || len(anchor) != ed25519.PublicKeySize || !ed25519.Verify(anchor, signed, sig) {
		return refuse("certificate", "signature")
	}
	if err := strict(payload, into); err != nil {
		return refuse("certificate", "claims: %v", err)
	}
	return nil
}

func counts(st Statement, have, tenant, serial string, nbf, exp int64, now time.Time) error {
	switch {
	case have != tenant || st.Tenant != tenant:
		return refuse("certificate", "tenant")
	case st.revoked(serial):
		return refuse("certificate", "revoked")
	case now.Before(time.Unix(nbf, 0).Add(-tolerance)) || now.After(time.Unix(exp, 0).Add(tolerance)):
		return refuse("certificate", "not valid now")
	}
	return nil
}
