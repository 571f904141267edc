package storetest

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"beside/server/store"
)

func person(t *testing.T, e *env, username string) store.DirPerson {
	t.Helper()
	p, err := e.s.For(A).AddPerson(e.ctx, store.DirPerson{Username: username, Name: username, Active: true, Source: store.SourceSCIM})
	must(t, err)
	return p
}

func group(t *testing.T, e *env, name string, members ...string) store.DirGroup {
	t.Helper()
	g, err := e.s.For(A).AddGroup(e.ctx, store.DirGroup{Name: name, ExternalID: name, Source: store.SourceSCIM}, members)
	must(t, err)
	return g
}

func dirPeople(t *testing.T, e *env) {
	a := e.s.For(A)
	rev, err := a.DirectoryRev(e.ctx)
	must(t, err)
	p := person(t, e, "Noa@Halden.example")
	if again, _ := a.DirectoryRev(e.ctx); again == rev {
		t.Error("the revision did not move")
	}
	if p.ID == "" || p.Object != p.ID || p.Version != 1 || !p.Created.Equal(e.clock.Now()) {
		t.Errorf("%+v", p)
	}
	for name, bad := range map[string]store.DirPerson{
		"username in another case": {Username: "noa@HALDEN.example", Source: store.SourceSCIM},
		"id":                       {ID: p.ID, Object: "o", Username: "x", Source: store.SourceSCIM},
		"object":                   {Object: p.Object, Username: "x", Source: store.SourceSCIM},
	} {
		_, err := a.AddPerson(e.ctx, bad)
		want(t, name, err, store.ErrConflict)
	}
	_, err = e.s.For("nobody").AddPerson(e.ctx, store.DirPerson{Username: "x", Source: store.SourceSCIM})
	if err == nil {
		t.Error("a person in a tenant that is not there")
	}
	e.clock.Add(time.Minute)
	set := func(version int64, f func(*store.DirPerson)) (store.DirPerson, error) {
		return a.ChangePerson(e.ctx, p.ID, version, func(p *store.DirPerson) error { f(p); return nil })
	}
	if got, err := set(0, func(p *store.DirPerson) { p.ID = "other"; p.Version = 9 }); err != nil || got != p {
		t.Errorf("nothing changed: %+v %v", got, err)
	}
	_, err = set(2, func(p *store.DirPerson) { p.Job = "x" })
	want(t, "old version", err, store.ErrStale)
	got, err := set(1, func(p *store.DirPerson) { p.Job, p.Object, p.Email = "Engineer", noa, "N@x.example" })
	if err != nil || got.Version != 2 || got.Job != "Engineer" || !got.Changed.Equal(e.clock.Now()) || !got.Created.Equal(p.Created) {
		t.Errorf("%+v %v", got, err)
	}
	if by, err := a.PersonByObject(e.ctx, noa); err != nil || by != got {
		t.Errorf("by object: %+v %v", by, err)
	}
	sam := person(t, e, "sam")
	_, err = a.ChangePerson(e.ctx, sam.ID, 0, func(p *store.DirPerson) error { p.Object = noa; return nil })
	want(t, "object of another", err, store.ErrConflict)
	yes := true
	for name, q := range map[string]store.DirQuery{
		"all": {Limit: 1}, "username": {Username: "NOA@halden.example"}, "text": {Text: "NGIN"}, "active": {Active: &yes, ByName: true, Limit: 1},
		"email": {Email: "n@X.example"}, "id": {ID: p.ID},
	} {
		if list, total, err := a.FindPeople(e.ctx, q); err != nil || len(list) != 1 || list[0] != got || total < 1 {
			t.Errorf("%s: %+v %d %v", name, list, total, err)
		}
	}
	if list, total, err := a.FindPeople(e.ctx, store.DirQuery{Offset: 1, Limit: 5}); err != nil || total != 2 || len(list) != 1 || list[0].ID != sam.ID {
		t.Errorf("second page: %+v %d %v", list, total, err)
	}
	if list, _, err := a.FindPeople(e.ctx, store.DirQuery{Text: `%_' OR 1=1 --`}); err != nil || len(list) != 0 {
		t.Errorf("hostile text: %+v %v", list, err)
	}
	want(t, "drop an old version", a.DropPerson(e.ctx, p.ID, 1), store.ErrStale)
	must(t, a.DropPerson(e.ctx, p.ID, 2))
	_, err = a.DirPerson(e.ctx, p.ID)
	want(t, "gone", err, store.ErrNotFound)
	want(t, "drop again", a.DropPerson(e.ctx, p.ID, 0), store.ErrNotFound)
}

func dirGroups(t *testing.T, e *env) {
	a := e.s.For(A)
	noa, sam := person(t, e, "noa"), person(t, e, "sam")
	must(t, a.PutDevice(e.ctx, store.DirDevice{ID: "d", Name: "HLD-1", Owner: noa.Object, State: "compliant", Enrolled: true}))
	inner := group(t, e, "inner", noa.ID, "d")
	outer := group(t, e, "outer", inner.ID)
	_, err := a.AddGroup(e.ctx, store.DirGroup{Name: "x", ExternalID: "inner", Source: store.SourceSCIM}, nil)
	want(t, "external id taken", err, store.ErrConflict)
	_, err = a.AddGroup(e.ctx, store.DirGroup{Name: "x", Source: store.SourceSCIM}, []string{"nobody"})
	want(t, "unknown member", err, store.ErrNoMember)

	edit := func(g store.DirGroup, version int64, steps ...store.MemberStep) (store.DirGroup, error) {
		return a.ChangeGroup(e.ctx, g.ID, version, func(e *store.GroupEdit) error { e.Steps = steps; return nil })
	}
	_, err = edit(inner, 1, store.MemberStep{Op: store.MembersAdd, IDs: []string{outer.ID}}) // a circle
	must(t, err)
	_, err = edit(inner, 1)
	want(t, "old version", err, store.ErrStale)
	if g, err := edit(inner, 0, store.MemberStep{Op: store.MembersAdd, IDs: []string{outer.ID}}, store.MemberStep{Op: store.MembersRemove, IDs: []string{sam.ID, "nobody"}}); err != nil || g.Version != 2 {
		t.Errorf("nothing changed: %+v %v", g, err)
	}
	_, err = edit(inner, 0, store.MemberStep{Op: store.MembersReplace, IDs: nil}, store.MemberStep{Op: store.MembersAdd, IDs: []string{"nobody"}})
	want(t, "half of an edit", err, store.ErrNoMember)

	of, err := a.GroupsOf(e.ctx, store.MemberPerson, noa.ID, sam.ID)
	must(t, err)
	for _, gs := range of {
		slices.Sort(gs)
	}
	both := []string{inner.ID, outer.ID}
	slices.Sort(both)
	if !slices.Equal(of[noa.ID], both) || of[sam.ID] != nil || len(of) != 2 {
		t.Errorf("groups of: %v", of)
	}
	direct, err := a.DirectGroups(e.ctx, []string{noa.ID, sam.ID})
	must(t, err)
	if len(direct) != 1 || len(direct[noa.ID]) != 1 || direct[noa.ID][0].ID != inner.ID || direct[noa.ID][0].Name != "inner" {
		t.Errorf("direct groups: %v", direct)
	}
	reach, err := a.Reaches(e.ctx, both)
	must(t, err)
	if reach[inner.ID] != (store.Reach{People: 1, Devices: 1}) || reach[outer.ID] != reach[inner.ID] {
		t.Errorf("reach: %v", reach)
	}
	if list, n, err := a.FindPeople(e.ctx, store.DirQuery{Group: outer.ID}); err != nil || n != 1 || list[0].ID != noa.ID {
		t.Errorf("people of outer: %v %v", list, err)
	}
	if list, n, err := a.FindDevices(e.ctx, store.DirQuery{Group: outer.ID, Text: "hld"}); err != nil || n != 1 || list[0].ID != "d" {
		t.Errorf("devices of outer: %v %v", list, err)
	}
	if list, n, err := a.FindGroups(e.ctx, store.DirQuery{Member: noa.ID, Name: "INNER"}); err != nil || n != 1 || list[0].ID != inner.ID {
		t.Errorf("groups with noa: %v %v", list, err)
	}
	_, err = edit(inner, 0, store.MemberStep{Op: store.MembersReplace, IDs: []string{sam.ID}})
	must(t, err)
	if ms, err := a.Members(e.ctx, inner.ID); err != nil || !slices.Equal(ms, []store.Member{{Kind: store.MemberPerson, ID: sam.ID}}) {
		t.Errorf("members: %v %v", ms, err)
	}
	must(t, a.DropPerson(e.ctx, sam.ID, 0))
	must(t, a.DropGroup(e.ctx, outer.ID, 0))
	if ms, err := a.Members(e.ctx, inner.ID); err != nil || len(ms) != 0 {
		t.Errorf("members after both are gone: %v %v", ms, err)
	}
	must(t, a.DropDevice(e.ctx, "d"))
	want(t, "device gone", a.DropDevice(e.ctx, "d"), store.ErrNotFound)
}

func dirClaims(t *testing.T, e *env) {
	a := e.s.For(A)
	provisioned := person(t, e, "noa")
	group(t, e, "desk") // of SCIM, and of the same name as the claim's
	_, err := a.AddGroup(e.ctx, store.DirGroup{Name: "Two", ExternalID: "two", Source: store.SourceConsole}, nil)
	must(t, err)
	claim := store.Claim{
		Person: store.DirPerson{Object: sam, Username: "Noa", Name: "Sam Rivers"}, Groups: []string{"desk", "two", "desk"}, GroupsKnown: true, Issued: e.clock.Now(),
	}
	groups := func() []string {
		t.Helper()
		p, err := a.PersonByObject(e.ctx, sam)
		must(t, err)
		of, err := a.GroupsOf(e.ctx, store.MemberPerson, p.ID)
		must(t, err)
		var names []string
		for _, id := range of[p.ID] {
			g, err := a.DirGroup(e.ctx, id)
			must(t, err)
			if g.Source == store.SourceSCIM {
				t.Error("a token put somebody into a provisioned group")
			}
			names = append(names, g.Name)
		}
		slices.Sort(names)
		return names
	}
	must(t, a.Claim(e.ctx, claim))
	p, err := a.PersonByObject(e.ctx, sam)
	must(t, err)
	if p.Username != sam || !p.Active || p.Source != store.SourceClaims || !slices.Equal(groups(), []string{"Two", "desk"}) {
		t.Errorf("%+v in %v; a username that is taken is not taken twice", p, groups())
	}
	rev, _ := a.DirectoryRev(e.ctx)
	claim.Issued = claim.Issued.Add(time.Minute)
	must(t, a.Claim(e.ctx, claim))
	if again, _ := a.DirectoryRev(e.ctx); again != rev {
		t.Error("the revision moved for nothing")
	}
	old := claim
	old.Issued, old.Groups, old.Person.Name = claim.Issued.Add(-time.Second), []string{"admins"}, "Old"
	must(t, a.Claim(e.ctx, old))
	if now, _ := a.PersonByObject(e.ctx, sam); now.Name != "Sam Rivers" || len(groups()) != 2 {
		t.Error("an older token undid what a newer one said")
	}
	claim.Issued, claim.Groups, claim.GroupsKnown, claim.Person.Name = claim.Issued.Add(time.Minute), nil, false, "Sam"
	must(t, a.Claim(e.ctx, claim))
	if now, _ := a.PersonByObject(e.ctx, sam); now.Name != "Sam" || len(groups()) != 2 {
		t.Error("a token without groups took them away")
	}
	claim.Issued, claim.GroupsKnown = claim.Issued.Add(time.Minute), true
	must(t, a.Claim(e.ctx, claim))
	if len(groups()) != 0 {
		t.Errorf("still in %v", groups())
	}
	claim.Person.Object, claim.Groups = provisioned.Object, []string{"two"}
	must(t, a.Claim(e.ctx, claim))
	if got, _ := a.PersonByObject(e.ctx, provisioned.Object); got != provisioned {
		t.Errorf("a token changed who was provisioned: %+v", got)
	}
	impostor := store.Claim{Person: store.DirPerson{Object: other, Username: "boss"}, Groups: []string{"two"}, GroupsKnown: true, Issued: claim.Issued}
	must(t, a.Claim(e.ctx, impostor))
	boss := person(t, e, "boss")
	if is, err := a.PersonByObject(e.ctx, other); err != nil || is.Username != other || boss.Object == other {
		t.Errorf("a username from a token: %+v %v", is, err)
	}
	made, err := a.AddPerson(e.ctx, store.DirPerson{Object: other, Username: "kim", Source: store.SourceSCIM})
	must(t, err)
	if of, err := a.GroupsOf(e.ctx, store.MemberPerson, made.ID); err != nil || len(of[made.ID]) != 0 {
		t.Errorf("provisioned, and still in %v %v", of, err)
	}
}

// dirLarge has one more group than counts, and more members than one statement takes.
func dirLarge(t *testing.T, e *env) {
	a := e.s.For(A)
	var ids []string
	for i := range 1203 {
		ids = append(ids, person(t, e, fmt.Sprint("p", i)).ID)
	}
	g := group(t, e, "large", ids...)
	if ms, err := a.Members(e.ctx, g.ID); err != nil || len(ms) != len(ids) {
		t.Fatalf("%d members, %v", len(ms), err)
	}
	_, err := a.ChangeGroup(e.ctx, g.ID, 0, func(e *store.GroupEdit) error {
		e.Steps = []store.MemberStep{{Op: store.MembersReplace, IDs: ids[1:]}}
		return nil
	})
	must(t, err)
	if _, n, err := a.FindPeople(e.ctx, store.DirQuery{Group: g.ID, Limit: 1}); err != nil || n != len(ids)-1 {
		t.Errorf("%d people, %v", n, err)
	}
	of, err := a.GroupsOf(e.ctx, store.MemberPerson, ids...)
	if err != nil || len(of) != len(ids) || len(of[ids[0]]) != 0 || len(of[ids[1]]) != 1 {
		t.Errorf("groups of %d people, %v", len(of), err)
	}
}

// dirRace has many writers give the same name to somebody.
func dirRace(t *testing.T, e *env) {
	var wg sync.WaitGroup
	errs := make([]error, 8)
	for i := range errs {
		wg.Go(func() {
			_, errs[i] = e.s.For(A).AddPerson(e.ctx, store.DirPerson{Username: "same", Source: store.SourceSCIM})
		})
	}
	wg.Wait()
	made := 0
	for _, err := range errs {
		if err == nil {
			made++
			continue
		}
		want(t, "the others", err, store.ErrConflict)
	}
	if made != 1 {
		t.Errorf("%d of the same username", made)
	}
}

func scimTokens(t *testing.T, e *env) {
	a := e.s.For(A)
	must(t, a.AddSCIMToken(e.ctx, store.SCIMToken{ID: "t1", Name: "Entra", Expires: e.clock.Now().Add(time.Hour)}, "secret"))
	if tenant, id, err := e.s.SCIMTenant(e.ctx, "secret"); err != nil || tenant != A || id != "t1" {
		t.Errorf("%s %s %v", tenant, id, err)
	}
	_, _, err := e.s.SCIMTenant(e.ctx, "other")
	want(t, "unknown token", err, store.ErrNotFound)
	want(t, "B revokes it", e.s.For(B).DropSCIMToken(e.ctx, "t1"), store.ErrNotFound)
	if list, err := a.SCIMTokens(e.ctx); err != nil || len(list) != 1 || list[0].Name != "Entra" {
		t.Errorf("%v %v", list, err)
	}
	e.clock.Add(time.Hour)
	_, _, err = e.s.SCIMTenant(e.ctx, "secret")
	want(t, "old token", err, store.ErrNotFound)
	must(t, a.DropSCIMToken(e.ctx, "t1"))
	want(t, "revoked twice", a.DropSCIMToken(e.ctx, "t1"), store.ErrNotFound)
}

// dirIsolation fills A's directory and shows that B sees and touches none of it.
func dirIsolation(t *testing.T, e *env) {
	a, b := e.s.For(A), e.s.For(B)
	noa := person(t, e, "noa")
	g := group(t, e, "g", noa.ID)
	must(t, a.PutDevice(e.ctx, store.DirDevice{ID: "d", Name: "n", Owner: noa.Object}))
	must(t, a.AddSCIMToken(e.ctx, store.SCIMToken{ID: "t", Expires: e.clock.Now().Add(time.Hour)}, "secret"))
	_, perr := b.DirPerson(e.ctx, noa.ID)
	_, oerr := b.PersonByObject(e.ctx, noa.Object)
	_, gerr := b.DirGroup(e.ctx, g.ID)
	_, derr := b.DirDevice(e.ctx, "d")
	_, cperr := b.ChangePerson(e.ctx, noa.ID, 0, func(p *store.DirPerson) error { p.Name = "B"; return nil })
	_, cgerr := b.ChangeGroup(e.ctx, g.ID, 0, func(e *store.GroupEdit) error { e.Name = "B"; return nil })
	_, merr := b.AddGroup(e.ctx, store.DirGroup{Name: "B", Source: store.SourceSCIM}, []string{noa.ID})
	want(t, "foreign member", merr, store.ErrNoMember)
	for name, err := range map[string]error{
		"person": perr, "object": oerr, "group": gerr, "device": derr, "change person": cperr, "change group": cgerr,
		"drop person": b.DropPerson(e.ctx, noa.ID, 0), "drop group": b.DropGroup(e.ctx, g.ID, 0), "drop device": b.DropDevice(e.ctx, "d"),
	} {
		want(t, name, err, store.ErrNotFound)
	}
	people, n1, err1 := b.FindPeople(e.ctx, store.DirQuery{})
	groups, n2, err2 := b.FindGroups(e.ctx, store.DirQuery{Member: noa.ID})
	devices, n3, err3 := b.FindDevices(e.ctx, store.DirQuery{Group: g.ID})
	members, err4 := b.Members(e.ctx, g.ID)
	tokens, err5 := b.SCIMTokens(e.ctx)
	of, err6 := b.GroupsOf(e.ctx, store.MemberPerson, noa.ID)
	reach, err7 := b.Reaches(e.ctx, []string{g.ID})
	own, err8 := b.DevicesOf(e.ctx, noa.Object)
	for _, err := range []error{err1, err2, err3, err4, err5, err6, err7, err8} {
		must(t, err)
	}
	if len(people)+len(groups)+len(devices)+len(members)+len(tokens)+len(of[noa.ID])+len(reach)+len(own)+n1+n2+n3 != 0 {
		t.Errorf("B sees %v %v %v %v %v %v %v %v", people, groups, devices, members, tokens, of, reach, own)
	}
	_, err := b.AddPerson(e.ctx, store.DirPerson{Username: "noa", Object: noa.Object, Source: store.SourceSCIM})
	must(t, err) // A's names are not taken in B
	// The same ids in B, nested there, are other groups and other people.
	_, err = b.AddPerson(e.ctx, store.DirPerson{ID: noa.ID, Object: "twin", Username: "twin", Source: store.SourceSCIM})
	must(t, err)
	_, err = b.AddGroup(e.ctx, store.DirGroup{ID: g.ID, Name: "B", Source: store.SourceSCIM}, []string{noa.ID})
	must(t, err)
	outer, err := b.AddGroup(e.ctx, store.DirGroup{Name: "outer B", Source: store.SourceSCIM}, []string{g.ID})
	must(t, err)
	if in, err := a.GroupsOf(e.ctx, store.MemberPerson, noa.ID); err != nil || !slices.Equal(in[noa.ID], []string{g.ID}) {
		t.Errorf("A's person is in %v %v", in, err)
	}
	other := person(t, e, "sam")
	deep := group(t, e, "deep", other.ID)
	_, err = b.AddGroup(e.ctx, store.DirGroup{ID: deep.ID, Name: "B", Source: store.SourceSCIM}, []string{outer.ID})
	must(t, err)
	if _, n, err := a.FindPeople(e.ctx, store.DirQuery{Group: deep.ID}); err != nil || n != 1 {
		t.Errorf("%d people in A's group, %v", n, err)
	}
	if r, err := a.Reaches(e.ctx, []string{deep.ID}); err != nil || r[deep.ID].People != 1 {
		t.Errorf("A's group reaches %v %v", r, err)
	}
	if p, err := a.DirPerson(e.ctx, noa.ID); err != nil || p != noa {
		t.Errorf("A's person: %+v %v", p, err)
	}
}
