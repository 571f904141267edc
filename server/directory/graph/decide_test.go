package graph_test

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"beside/auth/devidp/graphtest"
	"beside/policy"
	"beside/policy/api"
	"beside/server/directory"
	"beside/server/directory/demo"
	"beside/server/directory/directorytest"
)

func data() graphtest.Data { return directorytest.Graph(directorytest.Data().Tenants[0]) }

// later waits by the clock of the bubble.
func later(d time.Duration) { <-time.After(d) }

// TestOldAnswers: what somebody lost counts no longer than a minute, and so does what they got.
func TestOldAnswers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, d := open(t, graphtest.Options{})
		groups := func(object string) ([]string, error) {
			p, err := d.Person(t.Context(), demo.Tenant, object)
			return p.Groups, err
		}
		const newcomer = "10000000-0000-4000-8000-00000000b099"
		if g, err := groups(demo.Noa); err != nil || !slices.Contains(g, demo.GroupDesk) {
			t.Fatal(g, err)
		}
		if _, err := groups(newcomer); !errors.Is(err, directory.ErrUnknown) {
			t.Fatal(err)
		}
		changed := data()
		changed.Users[0].Groups = nil
		changed.Users = append(changed.Users, graphtest.User{ID: newcomer, Name: "New Comer"})
		s.Replace(changed)
		asked := s.Asked.Load()
		if g, err := groups(demo.Noa); err != nil || len(g) == 0 || s.Asked.Load() != asked {
			t.Errorf("at once: %v %v", g, err)
		}
		later(time.Minute)
		if g, err := groups(demo.Noa); err != nil || len(g) != 0 {
			t.Errorf("after a minute: %v %v", g, err)
		}
		if _, err := groups(newcomer); err != nil {
			t.Errorf("the newcomer: %v", err)
		}
	})
}

// TestAway: a service that has no answer leaves nobody known, whatever was known before.
func TestAway(t *testing.T) {
	for name, change := range map[string]func(path string, a *graphtest.Answer){
		"fails":     func(_ string, a *graphtest.Answer) { a.Busy(http.StatusInternalServerError, "") },
		"throttles": func(_ string, a *graphtest.Answer) { a.Busy(http.StatusTooManyRequests, "120") },
		"refuses":   func(_ string, a *graphtest.Answer) { a.Busy(http.StatusForbidden, "") },
		"groups alone": func(path string, a *graphtest.Answer) {
			if strings.Contains(path, "transitiveMemberOf") {
				a.Busy(http.StatusForbidden, "")
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, d := open(t, graphtest.Options{})
				if _, err := d.Person(t.Context(), demo.Tenant, demo.Sam); err != nil {
					t.Fatal(err)
				}
				s.Meddle(change)
				later(time.Minute)
				for _, object := range []string{demo.Sam, demo.Noa} {
					if p, err := directory.Who(t.Context(), d, demo.Tenant, object); !errors.Is(err, directory.ErrUnavailable) || errors.Is(err, directory.ErrUnknown) || p.Object != "" {
						t.Errorf("person: %+v %v", p, err)
					}
				}
				if _, _, err := directory.Assess(t.Context(), d, demo.Tenant, demo.Sam, api.DeviceEvidence{ID: demo.DeviceSam}, "", ""); !errors.Is(err, directory.ErrUnavailable) {
					t.Errorf("device: %v", err)
				}
				s.Meddle(nil)
				later(3 * time.Minute)
				if _, err := d.Person(t.Context(), demo.Tenant, demo.Sam); err != nil {
					t.Errorf("when it is back: %v", err)
				}
			})
		})
	}
}

// TestTroubleIsNotKept: what had no answer is asked again by the next who wants to know.
func TestTroubleIsNotKept(t *testing.T) {
	s, d := open(t, graphtest.Options{})
	s.Meddle(func(_ string, a *graphtest.Answer) { a.Busy(http.StatusForbidden, "") })
	if _, err := d.Person(t.Context(), demo.Tenant, demo.Sam); !errors.Is(err, directory.ErrUnavailable) {
		t.Fatal(err)
	}
	s.Meddle(nil)
	if _, err := d.Person(t.Context(), demo.Tenant, demo.Sam); err != nil {
		t.Error(err)
	}
}

// TestOneQuestion: many who ask at once share one question, and none of them spoils it by leaving.
func TestOneQuestion(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, d := open(t, graphtest.Options{})
		s.Meddle(func(path string, a *graphtest.Answer) {
			if path == "/$batch" {
				a.Delay = time.Second
			}
		})
		if _, err := d.Person(t.Context(), demo.Tenant, demo.Noa); err != nil { // the organisation is known now
			t.Fatal(err)
		}
		before := s.Asked.Load()
		var wg sync.WaitGroup
		ask := func(ctx context.Context, ok bool) {
			wg.Go(func() {
				p, err := d.Person(ctx, demo.Tenant, demo.Sam)
				if ok && (err != nil || p.Card.Name != "Sam Rivers") || !ok && !errors.Is(err, directory.ErrUnavailable) {
					t.Errorf("%+v %v", p, err)
				}
			})
		}
		first, leave := context.WithCancel(t.Context())
		ask(first, true) // who fetches gets what was fetched
		synctest.Wait()
		second, leaveToo := context.WithCancel(t.Context())
		ask(second, false)
		for range 50 {
			ask(t.Context(), true)
		}
		synctest.Wait()
		leave()
		leaveToo()
		wg.Wait()
		if n := s.Asked.Load() - before; n != 3 { // who, groups, photo
			t.Errorf("%d questions", n)
		}
	})
}

func TestPhotos(t *testing.T) {
	png, jpeg := "\x89PNG\r\n\x1a\nxx", "\xff\xd8\xffxx"
	for name, tt := range map[string]struct {
		photo  []byte
		meddle func(*graphtest.Answer)
		ok     bool
	}{
		"PNG":       {[]byte(png), nil, true},
		"JPEG":      {[]byte(jpeg), nil, true},
		"none":      {nil, nil, false},
		"a page":    {[]byte("<svg onload=alert(1)>"), nil, false},
		"too large": {[]byte(jpeg + strings.Repeat("x", api.MaxPhoto)), nil, false},
		"forbidden": {[]byte(png), func(a *graphtest.Answer) { a.Busy(http.StatusForbidden, "") }, false},
		"no base64": {[]byte(png), func(a *graphtest.Answer) { a.JSON = map[string]any{"a": 1} }, false},
	} {
		t.Run(name, func(t *testing.T) {
			x := data()
			x.Users[2].Photo = tt.photo // Sam's
			s, d := open(t, graphtest.Options{Data: x})
			s.Meddle(func(path string, a *graphtest.Answer) {
				if tt.meddle != nil && strings.Contains(path, "/photos/") {
					tt.meddle(a)
				}
			})
			p, err := d.Person(t.Context(), demo.Tenant, demo.Sam)
			if err != nil || tt.ok != (string(p.Card.Photo) == string(tt.photo) && p.Card.Photo != nil) {
				t.Errorf("%d bytes, %v", len(p.Card.Photo), err)
			}
		})
	}
}

// TestPhotoIsAskedOnce: photos are asked for once an hour.
func TestPhotoIsAskedOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		x := data()
		x.Users[2].Photo = []byte("\xff\xd8\xffxx")
		s, d := open(t, graphtest.Options{Data: x})
		photos := 0
		s.Meddle(func(path string, _ *graphtest.Answer) {
			if strings.Contains(path, "/photos/") {
				photos++
			}
		})
		for range 31 {
			if p, err := d.Person(t.Context(), demo.Tenant, demo.Sam); err != nil || len(p.Card.Photo) == 0 {
				t.Fatal(err)
			}
			later(2*time.Minute + time.Second)
		}
		if photos != 2 {
			t.Errorf("asked %d times in an hour", photos)
		}
	})
}

func TestStates(t *testing.T) {
	now := time.Now()
	for name, tt := range map[string]struct {
		word string
		last time.Time
		want policy.DeviceState
	}{
		"compliant":         {"compliant", now, policy.StateCompliant},
		"silent for weeks":  {"compliant", now.AddDate(0, 0, -29), policy.StateCompliant},
		"silent for longer": {"compliant", now.AddDate(0, 0, -31), policy.StateUnknown},
		"never heard of":    {"compliant", time.Time{}, policy.StateUnknown},
		"noncompliant":      {"noncompliant", now, policy.StateNotCompliant},
		"grace":             {"inGracePeriod", now, policy.StateNotCompliant},
		"conflict":          {"conflict", now, policy.StateUnknown},
		"error":             {"error", now, policy.StateUnknown},
		"unknown":           {"unknown", now, policy.StateUnknown},
		"configManager":     {"configManager", now, policy.StateUnknown},
		"a word of 2030":    {"veryCompliant", now, policy.StateUnknown},
		"another case":      {"Compliant", now, policy.StateUnknown},
		"empty":             {"", now, policy.StateUnknown},
	} {
		t.Run(name, func(t *testing.T) {
			x := data()
			x.Devices[0].State, x.Devices[0].LastSync = tt.word, tt.last
			_, d := open(t, graphtest.Options{Data: x})
			got, err := d.Device(t.Context(), demo.Tenant, demo.DeviceSam)
			if err != nil || got.State != tt.want || !got.Enrolled || got.Seen.Unix() != tt.last.Unix() {
				t.Errorf("%+v %v", got, err)
			}
		})
	}
}

// TestEnrolledAnew: of two entries for one device the one that spoke last counts.
func TestEnrolledAnew(t *testing.T) {
	x := data()
	old := x.Devices[0]
	old.Registered, old.Owner, old.State, old.LastSync = false, demo.Paul, "noncompliant", time.Now().AddDate(0, -2, 0)
	x.Devices = append([]graphtest.Device{old}, x.Devices...)
	_, d := open(t, graphtest.Options{Data: x})
	if got, err := d.Device(t.Context(), demo.Tenant, demo.DeviceSam); err != nil || got.State != policy.StateCompliant || got.Owner != demo.Sam {
		t.Errorf("%+v %v", got, err)
	}
	if l, err := d.DevicesOf(t.Context(), demo.Tenant, demo.Paul); err != nil || len(l) != 0 {
		t.Errorf("the earlier owner's: %+v %v", l, err)
	}
}

func TestSwitchedOff(t *testing.T) {
	x := data()
	x.Devices[0].Disabled = true
	_, d := open(t, graphtest.Options{Data: x})
	if got, err := d.Device(t.Context(), demo.Tenant, demo.DeviceSam); err != nil || got.Managed() || got.Shown() != policy.StateNotEnrolled {
		t.Errorf("%+v %v", got, err)
	}
}

func TestText(t *testing.T) {
	x := data()
	x.Users[2].Name, x.Users[2].Job, x.Users[2].Given = " Sam \u202egnp.exe\u0007\n", strings.Repeat("ü", 300), "\u2066"
	x.Users[3].Name = "  "
	_, d := open(t, graphtest.Options{Data: x})
	p, err := d.Person(t.Context(), demo.Tenant, demo.Sam)
	if err != nil || p.Card.Name != "Sam gnp.exe" || p.Card.Given != "" || p.Card.Job != strings.Repeat("ü", 127)+"…" {
		t.Errorf("%+v %v", p.Card, err)
	}
	if p, err := d.Person(t.Context(), demo.Tenant, demo.Ines); err != nil || p.Card.Name != demo.Ines {
		t.Errorf("nameless: %+v %v", p.Card, err)
	}
}

// TestUserTypes: only the word Member makes a member.
func TestUserTypes(t *testing.T) {
	for _, kind := range []any{nil, "", "Guest", "member", "External"} {
		s, d := open(t, graphtest.Options{})
		s.Meddle(func(path string, a *graphtest.Answer) {
			if path == "/users/"+demo.Sam {
				a.JSON["userType"] = kind
			}
		})
		if p, err := d.Person(t.Context(), demo.Tenant, demo.Sam); err != nil || p.Member {
			t.Errorf("%v: %+v %v", kind, p.Person, err)
		}
	}
}

// TestAnotherOrganisation: credentials of another tenant give nothing.
func TestAnotherOrganisation(t *testing.T) {
	x := data()
	s, d := open(t, graphtest.Options{Data: x})
	s.Meddle(func(path string, a *graphtest.Answer) {
		if path == "/organization" {
			a.JSON["value"] = []any{map[string]any{"id": demo.OtherTenant, "displayName": "Orla Works", "verifiedDomains": []any{}}}
		}
	})
	if _, err := d.Person(t.Context(), demo.Tenant, demo.Sam); !errors.Is(err, directory.ErrUnavailable) {
		t.Error(err)
	}
}
