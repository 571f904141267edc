package policy_test

import (
	"fmt"
	"slices"
	"testing"

	"beside/policy"
	"beside/policy/api"
)

const tid = "11111111-1111-4111-8111-111111111111"

// all is an organisation in which everything is allowed; each test takes one thing away.
func all() policy.Input {
	return policy.Input{
		Tenant:   tid,
		Settings: policy.Settings{Licence: policy.LicenceActive, Enabled: true},
		Assignments: []policy.Assignment{{
			ID: "a", Role: policy.Role{ID: "r", Permissions: policy.Everything()},
			AdminGroups: []string{"desk"}, UserScope: policy.Scope{All: true},
		}},
		Helper: policy.Person{Tenant: tid, Object: "h", Member: true, Enabled: true, Groups: []string{"desk"}, GroupsKnown: true},
		Sharer: policy.Person{Tenant: tid, Object: "s", Member: true, Enabled: true, Groups: []string{"staff"}, GroupsKnown: true},
		Device: policy.Device{
			ID: "d", Enrolled: true, Registered: true, State: policy.StateCompliant,
			Proof: policy.ProofOwn, Owner: "s", Groups: []string{"laptops"}, GroupsKnown: true,
		},
		Request: policy.View | policy.Control,
	}
}

func TestImplications(t *testing.T) {
	for i := range 16 {
		p := policy.Permissions{Offer: true, View: i&1 != 0, Control: i&2 != 0, Elevation: i&4 != 0, Unattended: i&8 != 0}
		t.Run(fmt.Sprintf("view=%v control=%v elevation=%v unattended=%v", p.View, p.Control, p.Elevation, p.Unattended), func(t *testing.T) {
			want := []policy.Right{
				0, policy.View, policy.View | policy.Control, policy.View | policy.Control | policy.Elevate,
				policy.View | policy.Control | policy.Elevate | policy.Unattended,
			}[highest(i)]
			if got := p.Rights(); got != want {
				t.Errorf("got %v, want %v", got, want)
			}
			if full := p.Implied(); full.Rights() != want || full.View != (want != 0) || full.Implied() != full {
				t.Errorf("ticked %+v", full)
			}
			p.Offer = false
			if got := p.Rights(); got != 0 {
				t.Errorf("without Offer: %v", got)
			}
		})
	}
}

// highest is 1 + the index of the highest permission that is Yes, since each implies all below.
func highest(i int) (n int) {
	for ; i > 0; i >>= 1 {
		n++
	}
	return n
}

func TestEachLayerDenies(t *testing.T) {
	if d := policy.Decide(all()); d.Rights != policy.View|policy.Control || d.Code != policy.CodeOK ||
		d.Offer != policy.View|policy.Control || !slices.Equal(d.Assignments, []string{"a"}) {
		t.Fatalf("the base case is denied: %+v", d)
	}
	tests := map[string]struct {
		change func(*policy.Input)
		want   policy.Code
	}{
		"zero input":            {func(in *policy.Input) { *in = policy.Input{} }, policy.CodeLicence},
		"no licence":            {func(in *policy.Input) { in.Settings.Licence = policy.LicenceNone }, policy.CodeLicence},
		"strange licence":       {func(in *policy.Input) { in.Settings.Licence = 9 }, policy.CodeLicence},
		"off":                   {func(in *policy.Input) { in.Settings.Enabled = false }, policy.CodeDisabled},
		"no tenant":             {func(in *policy.Input) { in.Tenant = ""; in.Helper.Tenant = ""; in.Sharer.Tenant = "" }, policy.CodeAccount},
		"helper of other":       {func(in *policy.Input) { in.Helper.Tenant = "x" }, policy.CodeAccount},
		"sharer of other":       {func(in *policy.Input) { in.Sharer.Tenant = "x" }, policy.CodeAccount},
		"guest helper":          {func(in *policy.Input) { in.Helper.Member = false }, policy.CodeAccount},
		"guest sharer":          {func(in *policy.Input) { in.Sharer.Member = false }, policy.CodeAccount},
		"disabled helper":       {func(in *policy.Input) { in.Helper.Enabled = false }, policy.CodeAccount},
		"disabled sharer":       {func(in *policy.Input) { in.Sharer.Enabled = false }, policy.CodeAccount},
		"nobody as sharer":      {func(in *policy.Input) { in.Sharer.Object = "" }, policy.CodeAccount},
		"oneself":               {func(in *policy.Input) { in.Sharer.Object = "h" }, policy.CodeSelf},
		"helper groups unknown": {func(in *policy.Input) { in.Helper.GroupsKnown = false }, policy.CodeDirectory},
		"sharer groups unknown": {func(in *policy.Input) { in.Sharer.GroupsKnown = false }, policy.CodeDirectory},
		"device groups unknown": {func(in *policy.Input) {
			in.Assignments[0].DeviceScope.Groups = []string{"laptops"}
			in.Device.GroupsKnown = false
		}, policy.CodeDirectory},
		"no role":        {func(in *policy.Input) { in.Assignments = nil }, policy.CodeNoRole},
		"other's role":   {func(in *policy.Input) { in.Helper.Groups = []string{"staff"} }, policy.CodeNoRole},
		"empty group id": {func(in *policy.Input) { in.Helper.Groups = []string{""}; in.Assignments[0].AdminGroups = []string{""} }, policy.CodeNoRole},
		"no offer":       {func(in *policy.Input) { in.Assignments[0].Role.Permissions.Offer = false }, policy.CodeNoRole},
		"offer alone":    {func(in *policy.Input) { in.Assignments[0].Role.Permissions = policy.Permissions{Offer: true} }, policy.CodeNoRole},
		"no scope":       {func(in *policy.Input) { in.Assignments[0].UserScope = policy.Scope{} }, policy.CodeScope},
		"view only": {func(in *policy.Input) {
			in.Assignments[0].Role.Permissions = policy.Permissions{Offer: true, View: true}
		}, policy.CodePermission},
		"clipboard":              {func(in *policy.Input) { in.Request |= policy.Clipboard }, policy.CodePermission},
		"unknown right":          {func(in *policy.Input) { in.Request |= 1 << 30 }, policy.CodePermission},
		"unattended as attended": {func(in *policy.Input) { in.Settings.Unattended = true; in.Request |= policy.Unattended }, policy.CodePermission},
		"elevation on own":       {func(in *policy.Input) { in.Request |= policy.Elevate }, policy.CodeUnverified},
		"nothing asked":          {func(in *policy.Input) { in.Request = 0 }, policy.CodeEmpty},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			in := all()
			tt.change(&in)
			if d := policy.Decide(in); d.Rights != 0 || d.Code != tt.want {
				t.Errorf("got %v %q, want none, %q", d.Rights, d.Code, tt.want)
			}
		})
	}
}

func TestSessionsNeverImply(t *testing.T) {
	for _, want := range []policy.Right{policy.View, policy.Control, policy.View | policy.Control} {
		in := all()
		in.Request = want
		if d := policy.Decide(in); d.Rights != want {
			t.Errorf("asked for %v, got %v", want, d.Rights)
		}
	}
}

func TestEnrolment(t *testing.T) {
	for i := range 8 {
		enrolled, registered, allow := i&1 != 0, i&2 != 0, i&4 != 0
		t.Run(fmt.Sprintf("enrolled=%v registered=%v allow=%v", enrolled, registered, allow), func(t *testing.T) {
			in := all()
			in.Device.Enrolled, in.Device.Registered, in.Settings.AllowUnenrolled = enrolled, registered, allow
			want := policy.CodeUnenrolled
			if allow || enrolled && registered {
				want = policy.CodeOK
			}
			if d := policy.Decide(in); d.Code != want || (d.Rights != 0) != (want == policy.CodeOK) {
				t.Errorf("got %v %q, want %q", d.Rights, d.Code, want)
			}
			// What is not enrolled is never in "all devices", whatever the setting.
			in.Assignments[0].UserScope, in.Assignments[0].DeviceScope = policy.Scope{}, policy.Scope{All: true}
			if d := policy.Decide(in); (d.Rights != 0) != (enrolled && registered) {
				t.Errorf("all devices: got %v %q", d.Rights, d.Code)
			}
		})
	}
}

func TestProof(t *testing.T) {
	type result struct{ attended, allDevices, deviceGroup, elevate, unattended policy.Code }
	scope, unver, ok := policy.CodeScope, policy.CodeUnverified, policy.CodeOK
	tests := map[policy.Proof]result{
		policy.ProofNone:     {unver, scope, scope, unver, unver},
		policy.ProofReported: {unver, scope, scope, unver, unver},
		policy.ProofOwn:      {ok, ok, ok, unver, unver},
		policy.ProofVerified: {ok, ok, ok, ok, ok},
	}
	for proof, want := range tests {
		t.Run(proof.String(), func(t *testing.T) {
			try := func(name string, want policy.Code, change func(*policy.Input)) {
				in := all()
				in.Device.Proof = proof
				change(&in)
				if d := policy.Decide(in); d.Code != want || (d.Rights != 0) != (want == ok) {
					t.Errorf("%s: got %v %q, want %q", name, d.Rights, d.Code, want)
				}
			}
			try("attended, enrolled only", want.attended, func(*policy.Input) {})
			try("all devices", want.allDevices, func(in *policy.Input) {
				in.Settings.AllowUnenrolled = true
				in.Assignments[0].UserScope, in.Assignments[0].DeviceScope = policy.Scope{}, policy.Scope{All: true}
			})
			try("device group", want.deviceGroup, func(in *policy.Input) {
				in.Settings.AllowUnenrolled = true
				in.Assignments[0].UserScope, in.Assignments[0].DeviceScope = policy.Scope{}, policy.Scope{Groups: []string{"laptops"}}
			})
			try("elevation", want.elevate, func(in *policy.Input) {
				in.Settings.AllowUnenrolled = true
				in.Request |= policy.Elevate
			})
			try("elevation where the tenant allows it", ok, func(in *policy.Input) {
				in.Settings.AllowUnenrolled, in.Settings.ElevationOnUnverified = true, true
				in.Request |= policy.Elevate
			})
			try("unattended", want.unattended, func(in *policy.Input) {
				in.Settings.AllowUnenrolled, in.Settings.Unattended = true, true
				in.Assignments[0].UserScope, in.Assignments[0].DeviceScope = policy.Scope{}, policy.Scope{All: true}
				in.Unattended, in.Sharer, in.Request = true, policy.Person{}, policy.View|policy.Unattended
			})
		})
	}
}

func TestUnattendedNeedsSettingAndRole(t *testing.T) {
	base := func() policy.Input {
		in := all()
		in.Device.Proof, in.Unattended, in.Settings.Unattended = policy.ProofVerified, true, true
		in.Assignments[0].UserScope, in.Assignments[0].DeviceScope = policy.Scope{}, policy.Scope{All: true}
		in.Request = policy.View | policy.Unattended
		return in
	}
	if d := policy.Decide(base()); d.Rights != policy.View|policy.Unattended {
		t.Fatalf("base: %+v", d)
	}
	for name, change := range map[string]func(*policy.Input){
		"setting off":   func(in *policy.Input) { in.Settings.Unattended = false },
		"no permission": func(in *policy.Input) { in.Assignments[0].Role.Permissions.Unattended = false },
		"user scope":    func(in *policy.Input) { in.Assignments[0].UserScope.All = true },
		"not enrolled":  func(in *policy.Input) { in.Device.Enrolled = false; in.Settings.AllowUnenrolled = true },
	} {
		in := base()
		change(&in)
		if d := policy.Decide(in); d.Rights != 0 || d.Code == policy.CodeOK {
			t.Errorf("%s: %+v", name, d)
		}
	}
}

func TestScopes(t *testing.T) {
	none, everyone := policy.Scope{}, policy.Scope{All: true}
	staff, others := policy.Scope{Groups: []string{"x", "staff"}}, policy.Scope{Groups: []string{"board"}}
	laptops, servers := policy.Scope{Groups: []string{"laptops"}}, policy.Scope{Groups: []string{"servers"}}
	type pair struct{ users, devices policy.Scope }
	tests := map[string]struct {
		scopes []pair
		want   bool
	}{
		"all users":               {[]pair{{everyone, none}}, true},
		"user in group":           {[]pair{{staff, none}}, true},
		"user outside":            {[]pair{{others, none}}, false},
		"all devices":             {[]pair{{none, everyone}}, true},
		"device in group":         {[]pair{{none, laptops}}, true},
		"device outside":          {[]pair{{none, servers}}, false},
		"neither named":           {[]pair{{none, none}}, false},
		"both in":                 {[]pair{{staff, laptops}}, true},
		"user in, device outside": {[]pair{{staff, servers}}, false},
		"user outside, device in": {[]pair{{others, laptops}}, false},
		"all users, device out":   {[]pair{{everyone, servers}}, false},
		"two, one holds":          {[]pair{{others, none}, {none, laptops}}, true},
		"two halves make no one":  {[]pair{{staff, servers}, {others, laptops}}, false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			in := all()
			base := in.Assignments[0]
			in.Assignments = nil
			for _, s := range tt.scopes {
				a := base
				a.UserScope, a.DeviceScope = s.users, s.devices
				in.Assignments = append(in.Assignments, a)
			}
			d := policy.Decide(in)
			if got := d.Rights != 0; got != tt.want {
				t.Errorf("got %+v", d)
			}
			if !tt.want && d.Code != policy.CodeScope {
				t.Errorf("code %q", d.Code)
			}
		})
	}
}

func TestStrongRoleStaysInItsScope(t *testing.T) {
	in := all()
	strong, weak := in.Assignments[0], in.Assignments[0]
	strong.ID, strong.UserScope = "strong", policy.Scope{Groups: []string{"board"}}
	weak.ID, weak.Role.Permissions = "weak", policy.Permissions{Offer: true, View: true}
	in.Assignments = []policy.Assignment{strong, weak}
	if d := policy.Decide(in); d.Offer != policy.View || d.Code != policy.CodePermission || !slices.Equal(d.Assignments, []string{"weak"}) {
		t.Errorf("staff: %+v", d)
	}
	in.Sharer.Groups = []string{"board"}
	if d := policy.Decide(in); d.Rights != in.Request || len(d.Assignments) != 2 {
		t.Errorf("board: %+v", d)
	}
}

func TestComplianceNeverBlocks(t *testing.T) {
	for _, s := range []policy.DeviceState{policy.StateUnknown, policy.StateCompliant, policy.StateNotCompliant, policy.StateNotEnrolled} {
		in := all()
		in.Device.State = s
		if d := policy.Decide(in); d.Rights == 0 {
			t.Errorf("%v: %+v", s, d)
		}
	}
}

func TestShown(t *testing.T) {
	good := all().Device
	for name, tt := range map[string]struct {
		change func(*policy.Device)
		want   policy.DeviceState
	}{
		"own":           {func(*policy.Device) {}, policy.StateCompliant},
		"noncompliant":  {func(d *policy.Device) { d.State = policy.StateNotCompliant }, policy.StateNotCompliant},
		"not enrolled":  {func(d *policy.Device) { d.Enrolled = false }, policy.StateNotEnrolled},
		"not in Entra":  {func(d *policy.Device) { d.Registered = false }, policy.StateNotEnrolled},
		"only reported": {func(d *policy.Device) { d.Proof = policy.ProofReported }, policy.StateUnknown},
		"nothing known": {func(d *policy.Device) { *d = policy.Device{State: policy.StateCompliant} }, policy.StateUnknown},
	} {
		d := good
		tt.change(&d)
		if got := d.Shown(); got != tt.want {
			t.Errorf("%s: %v, want %v", name, got, tt.want)
		}
	}
}

func TestMayHelp(t *testing.T) {
	in := all()
	d := policy.MayHelp(in.Tenant, in.Settings, in.Assignments, in.Helper)
	if d.Code != policy.CodeOK || !d.Offer.Has(policy.Unattended) || d.Rights != 0 {
		t.Errorf("%+v", d)
	}
	if d = policy.MayHelp(in.Tenant, policy.Settings{}, in.Assignments, in.Helper); d.Offer != 0 {
		t.Errorf("zero settings: %+v", d)
	}
}

func TestMeet(t *testing.T) {
	full := policy.View | policy.Control
	if policy.Meet() != 0 || policy.Meet(full, full, full) != full {
		t.Error("meet of equals")
	}
	for i := range 3 {
		layers := []policy.Right{full, full, full}
		layers[i] = policy.View
		if policy.Meet(layers...) != policy.View {
			t.Errorf("layer %d does not deny", i)
		}
	}
}

func TestCodesAreTheApps(t *testing.T) {
	for got, want := range map[policy.Code]string{
		policy.CodeDisabled: api.TenantOff, policy.CodeLicence: api.LicenceMissing, policy.CodeAccount: api.AccountRefused,
		policy.CodeSelf: api.SelfHelp, policy.CodeDirectory: api.DirectoryDown, policy.CodeUnenrolled: api.DeviceUnenroled,
		policy.CodeUnverified: api.DeviceUnproven, policy.CodeNoRole: api.OfferMissing, policy.CodeScope: api.ScopeOutside,
		policy.CodePermission: api.NotPermitted,
	} {
		if string(got) != want {
			t.Errorf("policy says %q, api %q", got, want)
		}
	}
}
