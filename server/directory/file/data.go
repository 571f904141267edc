package file

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"time"
	"unicode/utf8"

	"beside/policy"
)

// MaxSize is the largest file that is read, in bytes.
const MaxSize = 16 << 20

// ErrInvalid means that the file makes no sense; the error says where.
var ErrInvalid = errors.New("directory file")

// Data is the file.
type Data struct {
	Tenants []Tenant `json:"tenants"`
}

// Tenant is one organisation.
type Tenant struct {
	ID      string   `json:"id"`
	Company string   `json:"company"`
	Domain  string   `json:"domain"`
	Groups  []Group  `json:"groups,omitempty"`
	People  []Person `json:"people,omitempty"`
	Devices []Device `json:"devices,omitempty"`
}

// Group is a group of people or devices. In names the groups it is itself a member of.
type Group struct {
	ID   string   `json:"id"`
	Name string   `json:"name"`
	In   []string `json:"in,omitempty"`
}

// Person is somebody with an account. Photo is a file beside the directory file.
type Person struct {
	OID      string   `json:"oid"`
	Name     string   `json:"name"`
	Given    string   `json:"given,omitempty"`
	Family   string   `json:"family,omitempty"`
	Job      string   `json:"job,omitempty"`
	Company  string   `json:"company,omitempty"` // if not the tenant's
	Username string   `json:"username,omitempty"`
	Guest    bool     `json:"guest,omitempty"`
	Disabled bool     `json:"disabled,omitempty"`
	Groups   []string `json:"groups,omitempty"`
	Photo    string   `json:"photo,omitempty"`
}

// Device is a device. A device without State is in an unknown one.
type Device struct {
	ID         string   `json:"id"`
	Name       string   `json:"name"`
	OS         string   `json:"os,omitempty"`
	Owner      string   `json:"owner,omitempty"`
	Enrolled   bool     `json:"enrolled,omitempty"`
	Registered bool     `json:"registered,omitempty"`
	State      string   `json:"state,omitempty"`
	Groups     []string `json:"groups,omitempty"`

	Seen time.Time `json:"seen,omitzero"` // when device management last heard of it
}

// Parse reads a file strictly: no unknown members, no repeated ids, every reference exists.
func Parse(b []byte) (Data, error) {
	var d Data
	if len(b) > MaxSize {
		return Data{}, fmt.Errorf("%w: larger than %d bytes", ErrInvalid, MaxSize)
	}
	dec := json.NewDecoder(bytes.NewReader(b))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&d); err != nil {
		return Data{}, fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return Data{}, fmt.Errorf("%w: something follows the object", ErrInvalid)
	}
	seen := map[string]bool{}
	for i, t := range d.Tenants {
		if err := unique(seen, t.ID); err != nil {
			return Data{}, fmt.Errorf("%w: tenants[%d]: %w", ErrInvalid, i, err)
		}
		if err := t.check(); err != nil {
			return Data{}, fmt.Errorf("%w: tenant %s: %w", ErrInvalid, t.ID, err)
		}
	}
	return d, nil
}

var guid = regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$`)

func unique(seen map[string]bool, id string) error {
	switch {
	case !guid.MatchString(id):
		return fmt.Errorf("%.40q is not a lower-case GUID", id)
	case seen[id]:
		return fmt.Errorf("%s stands twice", id)
	}
	seen[id] = true
	return nil
}

func (t Tenant) check() error {
	groups, people, devices := map[string]bool{}, map[string]bool{}, map[string]bool{}
	for i, g := range t.Groups {
		if err := errors.Join(unique(groups, g.ID), text(g.Name)); err != nil {
			return fmt.Errorf("groups[%d]: %w", i, err)
		}
	}
	for i, g := range t.Groups {
		if err := known(groups, g.In); err != nil {
			return fmt.Errorf("groups[%d]: %w", i, err)
		}
	}
	for i, p := range t.People {
		if err := errors.Join(unique(people, p.OID), known(groups, p.Groups),
			text(p.Name, p.Given, p.Family, p.Job, p.Company, p.Username)); err != nil {
			return fmt.Errorf("people[%d]: %w", i, err)
		}
	}
	for i, d := range t.Devices {
		if err := errors.Join(unique(devices, d.ID), known(groups, d.Groups), text(d.Name, d.OS)); err != nil {
			return fmt.Errorf("devices[%d]: %w", i, err)
		}
		if d.Owner != "" && !people[d.Owner] {
			return fmt.Errorf("devices[%d]: its owner is nobody here", i)
		}
		if d.State != "" && policy.ParseDeviceState(d.State).String() != d.State {
			return fmt.Errorf("devices[%d]: state %.20q", i, d.State)
		}
	}
	return text(t.Company, t.Domain)
}

func known(groups map[string]bool, ids []string) error {
	for _, id := range ids {
		if !groups[id] {
			return fmt.Errorf("no group %.40q", id)
		}
	}
	return nil
}

// text refuses what does not fit on a card.
func text(ss ...string) error {
	for _, s := range ss {
		if utf8.RuneCountInString(s) > 128 {
			return errors.New("a text of more than 128 characters")
		}
	}
	return nil
}
