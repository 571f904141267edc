package settings

import (
	"encoding/base64"
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"beside/policy"
)

// Key names a setting, the same in policy files, the person's file and as a flag.
type Key string

// The settings.
const (
	Endpoint        Key = "endpoint"               // https origin of the policy endpoint
	Tenant          Key = "tenant"                 // directory id of the organisation, a GUID
	ClientID        Key = "client-id"              // application id of the desktop app
	API             Key = "api"                    // application id, or URI, of the endpoint's API
	Authority       Key = "authority"              // sign-in address of a national cloud; "" is the public one
	Issuer          Key = "issuer"                 // OpenID Connect provider to sign in at instead of Microsoft Entra ID
	IssuerScope     Key = "issuer-scope"           // scope that its tokens for the endpoint need; "" for none
	ClaimObject     Key = "claim-object"           // claim that names the account; "" is sub
	Anchor          Key = "anchor"                 // organisation's anchor key, base64; "" pins the first seen
	Lang            Key = "lang"                   // en or nl; "" is the system's
	Look            Key = "look"                   // light or dark; "" is the system's
	Rights          Key = "rights"                 // the device's ceiling: the most that may ever be given here
	InjectedConsent Key = "allow-injected-consent" // an Allow counts although it cannot be told that a person pressed it
)

// maxValue is the longest value, in bytes.
const maxValue = 1024

// spec is what is known about a key.
type spec struct {
	key     Key
	env     string // its environment variable, or ""
	list    bool   // a list of words
	boolean bool   // true or false
	managed bool   // for managed policy alone
	check   func(string) error
}

// specs are all keys in the order in which they are shown.
var specs = []spec{
	{key: Endpoint, env: "BESIDE_ENDPOINT", check: checkOrigin},
	{key: Tenant, env: "BESIDE_TENANT", check: checkGUID},
	{key: ClientID, env: "BESIDE_CLIENT_ID", check: checkWord},
	{key: API, env: "BESIDE_API", check: checkWord},
	{key: Authority, env: "BESIDE_AUTHORITY", check: checkAuthority},
	{key: Issuer, env: "BESIDE_ISSUER", check: checkIssuer},
	{key: IssuerScope, env: "BESIDE_ISSUER_SCOPE", check: checkWord},
	{key: ClaimObject, env: "BESIDE_CLAIM_OBJECT", check: checkWord},
	{key: Anchor, env: "BESIDE_ANCHOR", check: checkAnchor},
	{key: Lang, check: oneOf("en", "nl")},
	{key: Look, check: oneOf("light", "dark")},
	{key: Rights, list: true, check: checkRights},
	{key: InjectedConsent, boolean: true, managed: true, check: oneOf("true", "false")},
}

// find gives what is known about a key, nil if nothing.
func find(k Key) *spec {
	i := slices.IndexFunc(specs, func(s spec) bool { return s.key == k })
	if i < 0 {
		return nil
	}
	return &specs[i]
}

// Keys are all settings in the order in which they are shown.
func Keys() []Key {
	keys := make([]Key, len(specs))
	for i, s := range specs {
		keys[i] = s.key
	}
	return keys
}

// FromFlag says whether the command line has a flag for the key.
func FromFlag(k Key) bool {
	s := find(k)
	return s != nil && !s.list && !s.managed
}

// check says what is wrong with a value; "" sets nothing and is right except for rights, where
// it is the empty set.
func (s *spec) valid(v string) error {
	if len(v) > maxValue {
		return fmt.Errorf("is longer than %d bytes", maxValue)
	}
	if strings.ContainsFunc(v, func(r rune) bool { return r < ' ' || r == 0x7f || r == 0xfffd }) {
		return errors.New("has control characters or is not UTF-8")
	}
	if v == "" && !s.boolean {
		return nil
	}
	return s.check(v)
}

func checkOrigin(v string) error {
	u, err := url.Parse(v)
	if err != nil || u.Scheme != "https" || u.Hostname() == "" || strings.Trim(u.Path, "/") != "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return errors.New("is not https://host[:port]")
	}
	return nil
}

func checkAuthority(v string) error {
	u, err := url.Parse(v)
	if err != nil || u.Scheme != "https" || u.Hostname() == "" || strings.Trim(u.Path, "/") == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return errors.New("is not https://host/tenant")
	}
	return nil
}

func checkIssuer(v string) error {
	u, err := url.Parse(v)
	if err != nil || u.Scheme != "https" || u.Hostname() == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return errors.New("is not https://host[/path]")
	}
	return nil
}

var guid = regexp.MustCompile(`^[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{12}$`)

func checkGUID(v string) error {
	if !guid.MatchString(v) {
		return errors.New("is not a GUID")
	}
	return nil
}

func checkWord(v string) error {
	if strings.ContainsAny(v, " \"'<>") {
		return errors.New("is not an application id or URI")
	}
	return nil
}

// anchorSize is that of an Ed25519 public key.
const anchorSize = 32

func checkAnchor(v string) error {
	if b, err := base64.StdEncoding.DecodeString(v); err != nil || len(b) != anchorSize {
		return fmt.Errorf("is not the base64 of a key of %d bytes", anchorSize)
	}
	return nil
}

func checkRights(v string) error {
	if _, ok := policy.ParseRights(strings.Fields(v)); !ok {
		return fmt.Errorf("names an unknown right, or one twice; there are: %s", strings.Join((policy.Right(1<<30-1)).Names(), ", "))
	}
	return nil
}

func oneOf(words ...string) func(string) error {
	return func(v string) error {
		if !slices.Contains(words, v) {
			return fmt.Errorf("is not one of %s", strings.Join(words, ", "))
		}
		return nil
	}
}
