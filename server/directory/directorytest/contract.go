package directorytest

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"beside/policy"
	"beside/policy/api"
	"beside/server/directory"
	"beside/server/directory/demo"
)

// Run checks a directory that holds Data().
func Run(t *testing.T, d directory.Browser) {
	t.Run("people", func(t *testing.T) { people(t, d) })
	t.Run("devices", func(t *testing.T) { devices(t, d) })
	t.Run("strangers", func(t *testing.T) { strangers(t, d) })
	t.Run("assess", func(t *testing.T) { assess(t, d) })
	t.Run("lists", func(t *testing.T) { lists(t, d) })
	t.Run("pages", func(t *testing.T) { pages(t, d) })
	t.Run("groups", func(t *testing.T) { groups(t, d) })
}

func sorted(s []string) []string { return slices.Sorted(slices.Values(s)) }

func people(t *testing.T, d directory.Browser) {
	for name, tt := range map[string]struct {
		object          string
		member, enabled bool
		groups          []string
		card            api.Card
	}{
		"nested": {demo.Sam, true, true, []string{demo.GroupStaff, demo.GroupPayroll}, api.Card{
			Object: demo.Sam, Name: "Sam Rivers", Given: "Sam", Family: "Rivers", Job: "Payroll officer", Company: "Halden Group", Domain: "halden.example",
		}},
		"guest": {demo.Gwen, false, true, []string{demo.GroupStaff}, api.Card{
			Object: demo.Gwen, Name: "Gwen Porter", Given: "Gwen", Family: "Porter", Job: "Auditor", Company: "Porter & Lowe", Domain: "halden.example",
		}},
		"switched off, in a circle": {Someone, true, false, []string{Deep, Deeper}, api.Card{
			Object: Someone, Name: "Some One", Company: "Halden Group", Domain: "halden.example",
		}},
	} {
		t.Run(name, func(t *testing.T) {
			p, err := d.Person(t.Context(), demo.Tenant, tt.object)
			if err != nil || p.Tenant != demo.Tenant || p.Object != tt.object || p.Member != tt.member || p.Enabled != tt.enabled || !p.GroupsKnown {
				t.Fatalf("%+v %v", p.Person, err)
			}
			if !slices.Equal(sorted(p.Groups), tt.groups) {
				t.Errorf("groups %v, want %v", p.Groups, tt.groups)
			}
			if p.Card.Photo != nil || p.Card.Object != tt.card.Object || p.Card.Name != tt.card.Name || p.Card.Given != tt.card.Given || p.Card.Family != tt.card.Family ||
				p.Card.Job != tt.card.Job || p.Card.Company != tt.card.Company || p.Card.Domain != tt.card.Domain {
				t.Errorf("card %+v", p.Card)
			}
		})
	}
}

func devices(t *testing.T, d directory.Browser) {
	for name, tt := range map[string]struct {
		id   string
		want policy.Device
		name string
	}{
		"compliant": {demo.DeviceSam, policy.Device{Enrolled: true, Registered: true, State: policy.StateCompliant, Owner: demo.Sam, Groups: []string{demo.GroupLaptops}}, "HLD-LT-0427"},
		"not":       {demo.DeviceInes, policy.Device{Enrolled: true, Registered: true, State: policy.StateNotCompliant, Owner: demo.Ines, Groups: []string{demo.GroupLaptops}}, "HLD-LT-0311"},
		"unknown":   {demo.DeviceLena, policy.Device{Enrolled: true, Registered: true, Owner: demo.Lena}, "HLD-WS-0088"},
		"private":   {demo.DeviceTomas, policy.Device{Registered: true, Owner: demo.Tomas}, "tomas-home"},
		"managed":   {Tablet, policy.Device{Enrolled: true, State: policy.StateCompliant, Owner: demo.Sam}, "tablet"},
	} {
		t.Run(name, func(t *testing.T) {
			x, err := d.Device(t.Context(), demo.Tenant, tt.id)
			if err != nil || x.ID != tt.id || x.Name != tt.name || x.Enrolled != tt.want.Enrolled || x.Registered != tt.want.Registered ||
				x.State != tt.want.State || x.Owner != tt.want.Owner || !x.GroupsKnown || !slices.Equal(x.Groups, tt.want.Groups) || x.Proof != policy.ProofNone {
				t.Errorf("%+v %v", x, err)
			}
		})
	}
	if x, err := d.Device(t.Context(), demo.Tenant, demo.DeviceLena); err != nil || !x.Seen.IsZero() && !x.Seen.Equal(Heard()) { // a directory need not know
		t.Errorf("last heard of %v, want %v; %v", x.Seen, Heard(), err)
	}
	for owner, want := range map[string][]string{demo.Sam: {demo.DeviceSam, Tablet}, demo.Tomas: {demo.DeviceTomas}, demo.Paul: nil} {
		got, err := d.DevicesOf(t.Context(), demo.Tenant, owner)
		var ids []string
		for _, x := range got {
			ids = append(ids, x.ID)
			if x.Owner != owner || !x.GroupsKnown {
				t.Errorf("%+v of %s", x, owner)
			}
		}
		if err != nil || !slices.Equal(sorted(ids), want) {
			t.Errorf("devices of %s: %v %v", owner, ids, err)
		}
	}
}

// strangers are ids of another tenant, of nothing, and of no form.
func strangers(t *testing.T, d directory.Browser) {
	for _, id := range []string{
		"", "nobody", demo.OtherSharer, demo.Tenant, "10000000-0000-4000-8000-0000000000ff", strings.ToUpper(demo.Sam),
		demo.Sam + "/manager", "' or 1 eq 1 or deviceId eq '", "../groups", strings.Repeat("x", 10_000), "00000000-0000-0000-0000-000000000000",
	} {
		if _, err := d.Person(t.Context(), demo.Tenant, id); !errors.Is(err, directory.ErrUnknown) {
			t.Errorf("person %.60q: %v", id, err)
		}
		if _, err := d.Device(t.Context(), demo.Tenant, id); !errors.Is(err, directory.ErrUnknown) {
			t.Errorf("device %.60q: %v", id, err)
		}
		if l, err := d.DevicesOf(t.Context(), demo.Tenant, id); len(l) != 0 || err != nil && !errors.Is(err, directory.ErrUnknown) {
			t.Errorf("devices of %.60q: %v %v", id, l, err)
		}
		if p, err := directory.Who(t.Context(), d, demo.Tenant, id); err != nil || p.Member || p.Enabled {
			t.Errorf("%.60q is %+v %v", id, p.Person, err)
		}
	}
	for _, tenant := range []string{"", demo.OtherTenant, "common"} {
		if _, err := d.Person(t.Context(), tenant, demo.Sam); !errors.Is(err, directory.ErrUnknown) {
			t.Errorf("Sam in %q: %v", tenant, err)
		}
		if _, err := d.Device(t.Context(), tenant, demo.DeviceSam); !errors.Is(err, directory.ErrUnknown) {
			t.Errorf("Sam's device in %q: %v", tenant, err)
		}
		if l, err := d.DevicesOf(t.Context(), tenant, demo.Sam); len(l) != 0 || err != nil && !errors.Is(err, directory.ErrUnknown) {
			t.Errorf("Sam's devices in %q: %v %v", tenant, l, err)
		}
	}
}

func assess(t *testing.T, d directory.Browser) {
	for name, tt := range map[string]struct {
		sharer   string
		evidence api.DeviceEvidence
		claim    string
		proven   string
		want     api.DeviceCard
	}{
		"own by id":       {demo.Sam, api.DeviceEvidence{ID: demo.DeviceSam, Name: "liar"}, "", "", api.DeviceCard{ID: demo.DeviceSam, Name: "HLD-LT-0427", OS: "Debian 12", State: "compliant", Proof: "own"}},
		"own by upper id": {demo.Sam, api.DeviceEvidence{ID: strings.ToUpper(demo.DeviceSam)}, "", "", api.DeviceCard{ID: demo.DeviceSam, Name: "HLD-LT-0427", OS: "Debian 12", State: "compliant", Proof: "own"}},
		"own by name":     {demo.Sam, api.DeviceEvidence{Name: "hld-lt-0427"}, "", "", api.DeviceCard{ID: demo.DeviceSam, Name: "HLD-LT-0427", OS: "Debian 12", State: "compliant", Proof: "own"}},
		"by token":        {demo.Paul, api.DeviceEvidence{Name: "x"}, demo.DeviceLena, "", api.DeviceCard{ID: demo.DeviceLena, Name: "HLD-WS-0088", OS: "Ubuntu 24.04", State: "unknown", Proof: "own"}},
		"token over word": {demo.Tomas, api.DeviceEvidence{ID: demo.DeviceSam}, demo.DeviceTomas, "", api.DeviceCard{ID: demo.DeviceTomas, Name: "tomas-home", OS: "Ubuntu 24.04", State: "unenrolled", Proof: "own"}},
		"private by name": {demo.Tomas, api.DeviceEvidence{Name: "tomas-home"}, "", "", api.DeviceCard{ID: demo.DeviceTomas, Name: "tomas-home", OS: "Ubuntu 24.04", State: "unenrolled", Proof: "own"}},
		"another's id":    {demo.Tomas, api.DeviceEvidence{ID: demo.DeviceSam, Name: "t", OS: "o"}, "", "", api.DeviceCard{ID: demo.DeviceSam, Name: "t", OS: "o", State: "unknown", Proof: "reported"}},
		"another's name":  {demo.Tomas, api.DeviceEvidence{Name: "HLD-LT-0427"}, "", "", api.DeviceCard{Name: "HLD-LT-0427", State: "unknown", Proof: "reported"}},
		"unknown id":      {demo.Sam, api.DeviceEvidence{ID: demo.OtherSharer, Name: "n"}, "", "", api.DeviceCard{ID: demo.OtherSharer, Name: "n", State: "unenrolled", Proof: "reported"}},
		"noncompliant":    {demo.Ines, api.DeviceEvidence{ID: demo.DeviceInes}, "", "", api.DeviceCard{ID: demo.DeviceInes, Name: "HLD-LT-0311", OS: "Debian 11", State: "noncompliant", Proof: "own"}},
		"by key":          {demo.Tomas, api.DeviceEvidence{Name: "x"}, "", demo.DeviceSam, api.DeviceCard{ID: demo.DeviceSam, Name: "HLD-LT-0427", OS: "Debian 12", State: "compliant", Proof: "verified"}},
		"key over all":    {demo.Tomas, api.DeviceEvidence{ID: demo.DeviceInes}, demo.DeviceTomas, demo.DeviceSam, api.DeviceCard{ID: demo.DeviceSam, Name: "HLD-LT-0427", OS: "Debian 12", State: "compliant", Proof: "verified"}},
		"key of nobody's": {demo.Sam, api.DeviceEvidence{Name: "n"}, "", demo.OtherSharer, api.DeviceCard{ID: demo.OtherSharer, Name: "n", State: "unenrolled", Proof: "verified"}},
		"nothing":         {demo.Paul, api.DeviceEvidence{}, "", "", api.DeviceCard{State: "unknown", Proof: "none"}},
	} {
		t.Run(name, func(t *testing.T) {
			dev, card, err := directory.Assess(t.Context(), d, demo.Tenant, tt.sharer, tt.evidence, tt.claim, tt.proven)
			if err != nil || card != tt.want || dev.ID != card.ID || dev.Proof.String() != card.Proof {
				t.Errorf("got %+v %+v %v", card, dev, err)
			}
		})
	}
}
