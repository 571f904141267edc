package graph

import (
	"regexp"
	"strings"
	"time"
)

// User is an account.
type User struct {
	ID       string `json:"id"`
	Name     string `json:"displayName"`
	Given    string `json:"givenName"`
	Surname  string `json:"surname"`
	Job      string `json:"jobTitle"`
	Company  string `json:"companyName"`
	UserType string `json:"userType"` // Member, Guest, or nothing
	Enabled  bool   `json:"accountEnabled"`
}

const userFields = "id,displayName,givenName,surname,jobTitle,companyName,userType,accountEnabled"

// Group is a group of any kind.
type Group struct {
	ID   string `json:"id"`
	Name string `json:"displayName"`
}

const groupFields = "id,displayName"

// Device is a device that is registered in the directory.
type Device struct {
	Object  string   `json:"id"`       // of the directory, which groups name
	ID      string   `json:"deviceId"` // what the device calls itself, and device management calls it
	Name    string   `json:"displayName"`
	OS      string   `json:"operatingSystem"`
	Version string   `json:"operatingSystemVersion"`
	Enabled bool     `json:"accountEnabled"`
	Owners  []Object `json:"registeredOwners"`
}

const deviceFields = "id,deviceId,displayName,operatingSystem,operatingSystemVersion,accountEnabled"

// Managed is a device that is enrolled in device management.
type Managed struct {
	ID       string    `json:"azureADDeviceId"`
	User     string    `json:"userId"`
	Name     string    `json:"deviceName"`
	OS       string    `json:"operatingSystem"`
	Version  string    `json:"osVersion"`
	State    string    `json:"complianceState"`
	LastSync time.Time `json:"lastSyncDateTime"`
}

const managedFields = "azureADDeviceId,userId,deviceName,operatingSystem,osVersion,complianceState,lastSyncDateTime"

// Object is a thing of the directory of which only the id and the kind count.
type Object struct {
	ID   string `json:"id"`
	Type string `json:"@odata.type"`
}

// Kinds of an Object.
const (
	TypeUser   = "#microsoft.graph.user"
	TypeDevice = "#microsoft.graph.device"
)

// Organization is the tenant itself.
type Organization struct {
	ID      string   `json:"id"`
	Name    string   `json:"displayName"`
	Domains []Domain `json:"verifiedDomains"`
}

// Domain is a verified domain of an organisation.
type Domain struct {
	Name    string `json:"name"`
	Default bool   `json:"isDefault"`
}

// guid is the only form of an id that becomes part of an address.
var guid = regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$`)

// none is the id that devices without one have.
const none = "00000000-0000-0000-0000-000000000000"

// ID is an id in its one spelling, "" if it is none.
func ID(s string) string {
	if s = strings.ToLower(s); s == none || !guid.MatchString(s) {
		return ""
	}
	return s
}
