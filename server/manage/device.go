package manage

import (
	"context"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"beside/server/store"
)

// device carries out the commands on enrolled devices.
func device(ctx context.Context, w io.Writer, t *store.Tenant, word string, args []string) error {
	switch word {
	case "list":
		return deviceList(ctx, w, t)
	case "token":
		return deviceToken(ctx, w, t, args)
	case "void":
		return remove(ctx, t, "device.token.void", args, t.VoidEnrolToken)
	case "revoke":
		return remove(ctx, t, "device.revoke", args, func(ctx context.Context, id string) error { return t.RevokeDevice(ctx, actor, id) })
	}
	return fmt.Errorf("%w: device list, token, void or revoke", ErrUsage)
}

func deviceList(ctx context.Context, w io.Writer, t *store.Tenant) error {
	ds, err := t.EnrolledDevices(ctx, "")
	if err != nil {
		return err
	}
	tokens, err := t.EnrolTokens(ctx)
	if err != nil {
		return err
	}
	tw := table(w, "DEVICE\tNAME\tSYSTEM\tOWNER\tENROLLED\tSEEN\tREVOKED")
	for _, d := range ds {
		fmt.Fprintf(tw, "%s\t%q\t%q\t%s\t%s\t%s\t%s\n", d.ID, d.Name, d.OS, dash(d.Owner), stamp(d.Enrolled), stamp(d.Seen), stamp(d.Revoked))
	}
	for _, e := range tokens {
		fmt.Fprintf(tw, "%s\t%q\ttoken %s\t%s\tnot yet, until %s\t\t\n", e.Device, e.Name, e.ID, dash(e.Owner), stamp(e.Expires))
	}
	return tw.Flush()
}

func dash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}

// deviceToken makes an enrolment token and shows it, once.
func deviceToken(ctx context.Context, w io.Writer, t *store.Tenant, args []string) error {
	e := store.EnrolToken{By: actor}
	hours := 24
	id := func(to *string) func(string) error {
		return func(v string) error {
			if *to = strings.ToLower(v); !objectID.MatchString(*to) {
				return fmt.Errorf("%q is no id", v)
			}
			return nil
		}
	}
	if err := pairs(args, map[string]func(string) error{
		"name": text(&e.Name), "owner": id(&e.Owner), "device": id(&e.Device),
		"groups": func(v string) error { e.Groups = groups(v); return nil },
		"hours": func(v string) (err error) {
			if hours, err = strconv.Atoi(v); err == nil && (hours < 1 || hours > store.MaxEnrolHours) {
				err = fmt.Errorf("from 1 to %d", store.MaxEnrolHours)
			}
			return err
		},
	}); err != nil {
		return err
	}
	e.Expires = time.Now().Add(time.Duration(hours) * time.Hour)
	e, token, err := t.NewEnrolToken(ctx, e)
	if err != nil {
		return err
	}
	if err := note(ctx, t, "device.token", e.Device, "token "+e.ID); err != nil {
		return err
	}
	_, err = fmt.Fprintf(w, "%s\n\nIt enrols one device, as %s, until %s, and is not shown again.\nOn the device: beside -enrol - and paste it, or put it into a file that only its owner can read.\n",
		token, e.Device, stamp(e.Expires))
	return err
}
