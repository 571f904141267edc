package manage

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"beside/auth"
	"beside/policy"
	"beside/server/directory/file"
	"beside/server/directory/own"
	"beside/server/scim"
	"beside/server/store"
)

// usageDirectory are the commands of this file.
const usageDirectory = `  scim list
  scim token NAME [days=N]     make a token for an identity provider; it is shown once
  scim revoke ID
  directory people | directory groups | directory devices
  directory group NAME [external=VALUE]     make a group; external is its name in tokens
  directory device ID name=TEXT [os=TEXT] [owner=OBJECT-ID] [enrolled=BOOL] [state=compliant|noncompliant|unknown]
  directory drop-group ID | directory drop-device ID
  directory import FILE        take people, groups and devices over from a directory.json
`

const tokenDays = 365

// directory carries out the commands on the endpoint's own directory; done is false if it is none.
func directory(ctx context.Context, w io.Writer, t *store.Tenant, args []string) (done bool, err error) {
	if len(args) < 2 {
		return false, nil
	}
	rest := args[2:]
	switch args[0] + " " + args[1] {
	case "scim list":
		return true, scimList(ctx, w, t)
	case "scim token":
		return true, scimToken(ctx, w, t, rest)
	case "scim revoke":
		return true, remove(ctx, t, "scim.token.revoke", rest, t.DropSCIMToken)
	case "directory people":
		return true, dirPeople(ctx, w, t)
	case "directory groups":
		return true, dirGroups(ctx, w, t)
	case "directory devices":
		return true, dirDevices(ctx, w, t)
	case "directory group":
		return true, dirGroup(ctx, w, t, rest)
	case "directory device":
		return true, dirDevice(ctx, t, rest)
	case "directory drop-group":
		return true, remove(ctx, t, "directory.group.delete", rest, func(ctx context.Context, id string) error { return t.DropGroup(ctx, id, 0) })
	case "directory drop-device":
		return true, remove(ctx, t, "directory.device.delete", rest, t.DropDevice)
	case "directory import":
		return true, dirImport(ctx, w, t, rest)
	}
	return false, nil
}

func scimList(ctx context.Context, w io.Writer, t *store.Tenant) error {
	list, err := t.SCIMTokens(ctx)
	if err != nil {
		return err
	}
	tw := table(w, "ID\tNAME\tMADE\tUNTIL")
	for _, s := range list {
		fmt.Fprintf(tw, "%s\t%s\t%s\t%s\n", s.ID, s.Name, stamp(s.Created), stamp(s.Expires))
	}
	return tw.Flush()
}

func scimToken(ctx context.Context, w io.Writer, t *store.Tenant, args []string) error {
	if len(args) == 0 || args[0] == "" {
		return fmt.Errorf("%w: scim token needs a NAME", ErrUsage)
	}
	days := tokenDays
	if err := pairs(args[1:], map[string]func(string) error{"days": func(v string) (err error) {
		if days, err = strconv.Atoi(v); err == nil && (days < 1 || days > 10*tokenDays) {
			err = errors.New("1 to 3650")
		}
		return err
	}}); err != nil {
		return err
	}
	until := time.Now().AddDate(0, 0, days)
	id, token, err := scim.NewToken(ctx, t, args[0], until)
	if err != nil {
		return err
	}
	fmt.Fprintf(w, "%s\n", token)
	return note(ctx, t, "scim.token.make", id, "until "+until.UTC().Format(time.DateOnly))
}

func dirPeople(ctx context.Context, w io.Writer, t *store.Tenant) error {
	list, _, err := t.FindPeople(ctx, store.DirQuery{ByName: true})
	if err != nil {
		return err
	}
	tw := table(w, "OBJECT ID\tUSERNAME\tNAME\tACTIVE\tGUEST\tSOURCE")
	for _, p := range list {
		fmt.Fprintf(tw, "%s\t%q\t%q\t%v\t%v\t%s\n", p.Object, p.Username, p.Name, p.Active, p.Guest, p.Source)
	}
	return tw.Flush()
}

func dirGroups(ctx context.Context, w io.Writer, t *store.Tenant) error {
	list, _, err := t.FindGroups(ctx, store.DirQuery{ByName: true})
	if err != nil {
		return err
	}
	ids := make([]string, len(list))
	for i, g := range list {
		ids[i] = g.ID
	}
	reach, err := t.Reaches(ctx, ids)
	if err != nil {
		return err
	}
	tw := table(w, "ID\tNAME\tEXTERNAL\tPEOPLE\tDEVICES\tSOURCE")
	for _, g := range list {
		fmt.Fprintf(tw, "%s\t%q\t%q\t%d\t%d\t%s\n", g.ID, g.Name, g.ExternalID, reach[g.ID].People, reach[g.ID].Devices, g.Source)
	}
	return tw.Flush()
}

func dirDevices(ctx context.Context, w io.Writer, t *store.Tenant) error {
	list, _, err := t.FindDevices(ctx, store.DirQuery{ByName: true})
	if err != nil {
		return err
	}
	tw := table(w, "ID\tNAME\tOS\tOWNER\tENROLLED\tSTATE")
	for _, d := range list {
		fmt.Fprintf(tw, "%s\t%q\t%q\t%s\t%v\t%s\n", d.ID, d.Name, d.OS, d.Owner, d.Enrolled, d.State)
	}
	return tw.Flush()
}

func dirGroup(ctx context.Context, w io.Writer, t *store.Tenant, args []string) error {
	if len(args) == 0 || args[0] == "" {
		return fmt.Errorf("%w: directory group needs a NAME", ErrUsage)
	}
	g := store.DirGroup{Name: args[0], Source: store.SourceConsole}
	if err := pairs(args[1:], map[string]func(string) error{"external": text(&g.ExternalID)}); err != nil {
		return err
	}
	g, err := t.AddGroup(ctx, g, nil)
	if err != nil {
		return err
	}
	fmt.Fprintln(w, g.ID)
	return note(ctx, t, "directory.group.create", g.ID, "")
}

func dirDevice(ctx context.Context, t *store.Tenant, args []string) error {
	if len(args) == 0 || !auth.IsGUID(args[0]) {
		return fmt.Errorf("%w: directory device needs an ID, a GUID in lower case", ErrUsage)
	}
	d, err := t.DirDevice(ctx, args[0])
	if errors.Is(err, store.ErrNotFound) {
		d, err = store.DirDevice{ID: args[0], Registered: true, State: policy.StateUnknown.String()}, nil
	}
	if err != nil {
		return err
	}
	if err := pairs(args[1:], map[string]func(string) error{
		"name": text(&d.Name), "os": text(&d.OS), "owner": text(&d.Owner), "enrolled": boolean(&d.Enrolled),
		"state": func(v string) error {
			if d.State = v; policy.ParseDeviceState(v).String() != v || v == policy.StateNotEnrolled.String() {
				return errors.New("compliant, noncompliant or unknown")
			}
			return nil
		},
	}); err != nil {
		return err
	}
	if d.Name == "" {
		return fmt.Errorf("%w: a device needs name=", ErrUsage)
	}
	if err := t.PutDevice(ctx, d); err != nil {
		return err
	}
	return note(ctx, t, "directory.device.set", d.ID, "")
}

func dirImport(ctx context.Context, w io.Writer, t *store.Tenant, args []string) error {
	if len(args) != 1 {
		return fmt.Errorf("%w: directory import needs a FILE", ErrUsage)
	}
	b, err := os.ReadFile(args[0])
	if err != nil {
		return err
	}
	data, err := file.Parse(b)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(data.Tenants, func(x file.Tenant) bool { return strings.EqualFold(x.ID, t.ID()) })
	if i < 0 {
		return fmt.Errorf("%w: the file has nothing of this tenant", ErrUsage)
	}
	x := data.Tenants[i]
	if err := own.Import(ctx, t, x); err != nil {
		return err
	}
	fmt.Fprintf(w, "took over %d people, %d groups and %d devices\n", len(x.People), len(x.Groups), len(x.Devices))
	return note(ctx, t, "directory.import", "", fmt.Sprintf("%d people, %d groups, %d devices", len(x.People), len(x.Groups), len(x.Devices)))
}
