package policy

import (
	"fmt"
	"strings"
)

// Licence is the organisation's subscription (R1). The zero Licence is none.
type Licence uint8

// The licences.
const (
	LicenceNone Licence = iota
	LicenceTrial
	LicenceActive
)

var licenceNames = [...]string{"none", "trial", "active"}

// String is the stored and shown name.
func (l Licence) String() string { return name(licenceNames[:], int(l)) }

// ParseLicence reads a name. ok is false, and the Licence none, for anything else.
func ParseLicence(s string) (l Licence, ok bool) {
	for i, n := range licenceNames {
		if n == s {
			return Licence(i), true
		}
	}
	return LicenceNone, false
}

// Settings are an organisation's. The zero Settings let nobody help (R4).
type Settings struct {
	Licence               Licence
	Enabled               bool
	AllowUnenrolled       bool // R5
	DisableChat           bool // R24
	Unattended            bool // R27
	ElevationOnUnverified bool // PROTOCOL 1.4.5
}

// Open says whether the organisation lets anybody help at all, and if not, why.
func (s Settings) Open() (Code, bool) {
	switch {
	case s.Licence != LicenceTrial && s.Licence != LicenceActive:
		return CodeLicence, false
	case !s.Enabled:
		return CodeDisabled, false
	}
	return CodeOK, true
}

// Changes names what b has otherwise than s, as name=value for the audit log.
func (s Settings) Changes(b Settings) string {
	var out []string
	for _, c := range []struct {
		name     string
		old, now any
	}{
		{"licence", s.Licence, b.Licence},
		{"enabled", s.Enabled, b.Enabled},
		{"allow-unenrolled", s.AllowUnenrolled, b.AllowUnenrolled},
		{"disable-chat", s.DisableChat, b.DisableChat},
		{"unattended", s.Unattended, b.Unattended},
		{"elevation-on-unverified", s.ElevationOnUnverified, b.ElevationOnUnverified},
	} {
		if c.old != c.now {
			out = append(out, fmt.Sprintf("%s=%v", c.name, c.now))
		}
	}
	return strings.Join(out, " ")
}

// Person is somebody as the identity provider and the directory know them now.
// Groups hold nested memberships too; they count only when GroupsKnown.
type Person struct {
	Tenant, Object string
	Member         bool // not a guest
	Enabled        bool
	Groups         []string
	GroupsKnown    bool
}

// Device is the sharer's device as device management and the directory know it.
type Device struct {
	ID          string
	Enrolled    bool // device management knows it
	Registered  bool // the directory knows it
	State       DeviceState
	Proof       Proof
	Owner       string // object id of the person it belongs to, "" if unknown
	Groups      []string
	GroupsKnown bool
}

// Managed says whether the device counts as enrolled in the sense of R5.
func (d Device) Managed() bool { return d.Enrolled && d.Registered }

// Shown is the state to show to the helper. It never says compliant of a device that is
// not enrolled or that is only claimed (R7).
func (d Device) Shown() DeviceState {
	switch {
	case d.ID == "":
		return StateUnknown
	case !d.Managed():
		return StateNotEnrolled
	case d.Proof < ProofOwn:
		return StateUnknown
	}
	return d.State
}

// Input is everything a decision depends on.
type Input struct {
	Tenant         string // of the organisation that decides
	Settings       Settings
	Assignments    []Assignment
	Helper, Sharer Person
	Device         Device
	Request        Right // exactly what the session is to get
	Unattended     bool  // nobody is at the device: Sharer is ignored
}

// Code says why. Codes are stable, stand in audit rows and are known to the apps
// (policy/api has the same strings).
type Code string

// The codes of a decision.
const (
	CodeOK         Code = "ok"
	CodeDisabled   Code = "tenant.disabled"
	CodeLicence    Code = "licence.missing"
	CodeAccount    Code = "account" // guest, disabled, other tenant
	CodeSelf       Code = "subject.self"
	CodeDirectory  Code = "directory.unavailable"
	CodeUnenrolled Code = "device.unenrolled"
	CodeUnverified Code = "device.unverified" // not proven enough for what was asked
	CodeNoRole     Code = "role.none"
	CodeScope      Code = "scope.outside"
	CodePermission Code = "permission.missing"
	CodeEmpty      Code = "request.empty"
)

// Decision is the answer. The zero Decision denies.
type Decision struct {
	Rights      Right    // what was asked for if all of it is allowed, else nothing
	Code        Code     // CodeOK, or the first reason against
	Assignments []string // ids of the assignments that reach the sharer and the device
	Offer       Right    // the most this helper could get here; 0 if nothing
}

// MayHelp decides whether a helper may ask for a code: whether any role lets them help
// anybody. Offer is the most any role allows; Rights stay empty, since nobody is there yet.
func MayHelp(tenant string, s Settings, as []Assignment, helper Person) Decision {
	d, _ := mayHelp(tenant, s, as, helper)
	return d
}

// mayHelp also says which of the assignments count for the helper.
func mayHelp(tenant string, s Settings, as []Assignment, helper Person) (d Decision, held []int) {
	if code, ok := s.Open(); !ok {
		return Decision{Code: code}, nil
	}
	if !accepts(tenant, helper) {
		return Decision{Code: CodeAccount}, nil
	}
	if !helper.GroupsKnown {
		return Decision{Code: CodeDirectory}, nil
	}
	d.Code = CodeOK
	groups := setOf(helper.Groups)
	for i := range as {
		a := &as[i]
		if r := a.Role.Permissions.Rights(); r != 0 && a.heldBy(helper, groups) {
			d.Offer |= r
			d.Assignments = append(d.Assignments, a.ID)
			held = append(held, i)
		}
	}
	if d.Offer == 0 {
		return Decision{Code: CodeNoRole}, nil
	}
	return d, held
}

// Decide answers who may help whom, on which device and how far (R4–R17). An empty
// Request gives CodeEmpty and no rights, with the Offer, when help would be possible.
// Non-compliance never denies: it is shown (R7).
func Decide(in Input) Decision {
	may, held := mayHelp(in.Tenant, in.Settings, in.Assignments, in.Helper)
	if may.Offer == 0 {
		return Decision{Code: may.Code}
	}
	if code := subjects(in); code != CodeOK {
		return Decision{Code: code}
	}
	d := reach(in, held)
	if d.Offer == 0 {
		return d
	}
	switch missing := in.Request &^ d.Offer; {
	case in.Request == 0:
		d.Code = CodeEmpty
	case missing == 0:
		d.Rights, d.Code = in.Request, CodeOK
	case missing&Elevate != 0 && !elevatable(in) && rolesAllow(in, d.Assignments).Has(Elevate):
		d.Code = CodeUnverified
	default:
		d.Code = CodePermission
	}
	return d
}

// subjects checks the person and the device that are to be helped.
func subjects(in Input) Code {
	if !in.Unattended {
		switch {
		case !accepts(in.Tenant, in.Sharer):
			return CodeAccount
		case in.Sharer.Object == in.Helper.Object:
			return CodeSelf
		case !in.Sharer.GroupsKnown:
			return CodeDirectory
		}
	}
	switch {
	case in.Unattended && !in.Device.Managed():
		return CodeUnenrolled
	case in.Unattended && in.Device.Proof < ProofVerified:
		return CodeUnverified
	case in.Settings.AllowUnenrolled:
	case !in.Device.Managed():
		return CodeUnenrolled
	case in.Device.Proof < ProofOwn: // somebody's managed device, but whose?
		return CodeUnverified
	}
	return CodeOK
}

// reach finds the assignments, of those that count for the helper, whose scope holds, and what they
// offer together.
func reach(in Input, held []int) Decision {
	d := Decision{Code: CodeOK}
	unknown := false
	for _, i := range held {
		a := &in.Assignments[i]
		if !a.reaches(in) {
			unknown = unknown || len(a.DeviceScope.Groups) > 0 && in.Device.ID != "" &&
				in.Device.Proof >= ProofOwn && !in.Device.GroupsKnown
			continue
		}
		d.Offer |= a.Role.Permissions.Rights()
		d.Assignments = append(d.Assignments, a.ID)
	}
	switch {
	case d.Offer == 0 && unknown:
		return Decision{Code: CodeDirectory}
	case d.Offer == 0:
		return Decision{Code: CodeScope}
	}
	if !elevatable(in) {
		d.Offer &^= Elevate
	}
	if !in.Unattended || !in.Settings.Unattended {
		d.Offer &^= Unattended
	}
	if in.Unattended && !d.Offer.Has(Unattended) {
		return Decision{Code: CodePermission}
	}
	return d
}

// elevatable says whether an administrator's password may be typed on this device.
func elevatable(in Input) bool {
	return in.Settings.ElevationOnUnverified || in.Device.Managed() && in.Device.Proof >= ProofVerified
}

func rolesAllow(in Input, ids []string) (r Right) {
	for _, a := range in.Assignments {
		for _, id := range ids {
			if a.ID == id {
				r |= a.Role.Permissions.Rights()
			}
		}
	}
	return r
}

// accepts says whether p is an active member of the tenant.
func accepts(tenant string, p Person) bool {
	return tenant != "" && p.Tenant == tenant && p.Object != "" && p.Member && p.Enabled
}

// Meet is what every layer allows (R15). No layer at all allows nothing.
func Meet(layers ...Right) Right {
	if len(layers) == 0 {
		return 0
	}
	r := layers[0]
	for _, l := range layers[1:] {
		r &= l
	}
	return r
}
