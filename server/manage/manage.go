package manage

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"beside/policy"
	"beside/server/store"
)

// Usage is what Run understands.
const Usage = usageRules + usageDirectory

const usageRules = `  settings get
  settings set [licence=none|trial|active] [enabled=BOOL] [allow-unenrolled=BOOL] [disable-chat=BOOL]
               [unattended=BOOL] [elevation-on-unverified=BOOL]
  role list
  role set ID [name=TEXT] [offer=BOOL] [view=BOOL] [control=BOOL] [elevation=BOOL] [unattended=BOOL]
  role delete ID
  assign list
  assign set ID role=ID admins=GROUP[,GROUP] [name=TEXT] [users=all|GROUP[,GROUP]] [devices=all|GROUP[,GROUP]]
  assign delete ID
  device list
  device token [name=TEXT] [owner=OBJECT-ID] [groups=GROUP[,GROUP]] [device=ID] [hours=24]
  device void TOKEN-ID
  device revoke ID
  sessions
  audit list | audit verify
  admin list
  admin grant OBJECT-ID [role=admin|operator|auditor]
  admin revoke OBJECT-ID
  purge
`

// ErrUsage means that the words make no command; the error says which.
var ErrUsage = errors.New("usage")

// console as actor of audit rows: whoever can open the data folder.
const actor = "console"

const listed = 500 // newest rows shown

// Run carries out one command for a tenant and writes the result to w.
func Run(ctx context.Context, w io.Writer, s *store.Store, tenant string, args []string) error {
	t := s.For(tenant)
	words := append(slices.Clone(args), "", "")
	if words[0] == "device" {
		return device(ctx, w, t, words[1], args[min(2, len(args)):])
	}
	switch words[0] + " " + words[1] {
	case "settings get":
		return settingsGet(ctx, w, t)
	case "settings set":
		return settingsSet(ctx, t, args[2:])
	case "role list":
		return roleList(ctx, w, t)
	case "role set":
		return roleSet(ctx, t, args[2:])
	case "role delete":
		return remove(ctx, t, "role.delete", args[2:], t.DeleteRole)
	case "assign list":
		return assignList(ctx, w, t)
	case "assign set":
		return assignSet(ctx, t, args[2:])
	case "assign delete":
		return remove(ctx, t, "assign.delete", args[2:], t.DeleteAssignment)
	case "sessions ":
		return sessions(ctx, w, t)
	case "audit list":
		return audit(ctx, w, t)
	case "audit verify":
		h, err := t.VerifyAudit(ctx)
		if err == nil {
			fmt.Fprintf(w, "the chain holds: %d rows, head %s\n", h.Seq, h.Hash)
		}
		return err
	case "admin list":
		return adminList(ctx, w, t)
	case "admin grant":
		return adminGrant(ctx, t, args[2:])
	case "admin revoke":
		return remove(ctx, t, "admin.revoke", args[2:], t.RevokeAdmin)
	case "purge ":
		p, err := s.Purge(ctx)
		fmt.Fprintf(w, "removed %d sessions and the contents of %d audit rows\n", p.Sessions, p.Audit)
		return err
	}
	if done, err := directory(ctx, w, t, args); done {
		return err
	}
	return fmt.Errorf("%w: %q is no command", ErrUsage, strings.Join(args, " "))
}

// note writes the audit row of a change.
func note(ctx context.Context, t *store.Tenant, action, target, detail string) error {
	_, err := t.Append(ctx, store.Entry{Actor: actor, Action: action, Target: target, Outcome: "ok", Detail: detail})
	return err
}

// pairs reads key=value words and hands them to the setters.
func pairs(args []string, set map[string]func(string) error) error {
	for _, a := range args {
		k, v, ok := strings.Cut(a, "=")
		fn := set[k]
		if !ok || fn == nil {
			return fmt.Errorf("%w: %q", ErrUsage, a)
		}
		if err := fn(v); err != nil {
			return fmt.Errorf("%w: %q: %w", ErrUsage, a, err)
		}
	}
	return nil
}

func boolean(to *bool) func(string) error {
	return func(s string) (err error) {
		*to, err = strconv.ParseBool(s)
		return err
	}
}

func text(to *string) func(string) error {
	return func(s string) error {
		*to = s
		return nil
	}
}

func settingsGet(ctx context.Context, w io.Writer, t *store.Tenant) error {
	s, err := t.Settings(ctx)
	if err != nil {
		return err
	}
	fmt.Fprintf(w, "licence=%v\nenabled=%v\nallow-unenrolled=%v\ndisable-chat=%v\nunattended=%v\nelevation-on-unverified=%v\n",
		s.Licence, s.Enabled, s.AllowUnenrolled, s.DisableChat, s.Unattended, s.ElevationOnUnverified)
	return nil
}

func settingsSet(ctx context.Context, t *store.Tenant, args []string) error {
	s, err := t.Settings(ctx)
	if err != nil {
		return err
	}
	if err := pairs(args, map[string]func(string) error{
		"enabled": boolean(&s.Enabled), "allow-unenrolled": boolean(&s.AllowUnenrolled), "disable-chat": boolean(&s.DisableChat),
		"unattended": boolean(&s.Unattended), "elevation-on-unverified": boolean(&s.ElevationOnUnverified),
		"licence": func(v string) error {
			l, ok := policy.ParseLicence(v)
			if !ok {
				return errors.New("none, trial or active")
			}
			s.Licence = l
			return nil
		},
	}); err != nil {
		return err
	}
	if err := t.PutSettings(ctx, actor, s); err != nil {
		if errors.Is(err, store.ErrConflict) {
			return fmt.Errorf("not enabled for this organisation: it has no licence (licence=trial or licence=active): %w", err)
		}
		return err
	}
	return note(ctx, t, "settings.set", "", strings.Join(args, " "))
}

// table begins a table with its header. It is written by Flush.
func table(w io.Writer, header string) *tabwriter.Writer {
	tw := tabwriter.NewWriter(w, 0, 8, 2, ' ', 0)
	fmt.Fprintln(tw, header)
	return tw
}

func roleList(ctx context.Context, w io.Writer, t *store.Tenant) error {
	rs, err := t.Roles(ctx)
	if err != nil {
		return err
	}
	tw := table(w, "ID\tNAME\tOFFER\tVIEW\tCONTROL\tELEVATION\tUNATTENDED\tIN EFFECT")
	for _, r := range rs {
		p := r.Permissions
		fmt.Fprintf(tw, "%s\t%s\t%v\t%v\t%v\t%v\t%v\t%v\n", r.ID, r.Name, p.Offer, p.View, p.Control, p.Elevation, p.Unattended, p.Rights())
	}
	return tw.Flush()
}

func roleSet(ctx context.Context, t *store.Tenant, args []string) error {
	if len(args) == 0 {
		return fmt.Errorf("%w: role set needs an ID", ErrUsage)
	}
	r := policy.Role{ID: args[0], Name: args[0]}
	have, err := t.Roles(ctx)
	if err != nil {
		return err
	}
	for _, h := range have {
		if h.ID == r.ID {
			r = h
		}
	}
	p := &r.Permissions
	if err := pairs(args[1:], map[string]func(string) error{
		"name": text(&r.Name), "offer": boolean(&p.Offer), "view": boolean(&p.View),
		"control": boolean(&p.Control), "elevation": boolean(&p.Elevation), "unattended": boolean(&p.Unattended),
	}); err != nil {
		return err
	}
	if err := t.PutRole(ctx, r); err != nil {
		return err
	}
	return note(ctx, t, "role.set", r.ID, strings.Join(args[1:], " "))
}

func remove(ctx context.Context, t *store.Tenant, action string, args []string, fn func(context.Context, string) error) error {
	if len(args) != 1 {
		return fmt.Errorf("%w: one ID is needed", ErrUsage)
	}
	if err := fn(ctx, args[0]); err != nil {
		return err
	}
	return note(ctx, t, action, args[0], "")
}

func assignList(ctx context.Context, w io.Writer, t *store.Tenant) error {
	as, err := t.Assignments(ctx)
	if err != nil {
		return err
	}
	tw := table(w, "ID\tNAME\tROLE\tADMINS\tUSERS\tDEVICES")
	for _, a := range as {
		fmt.Fprintf(tw, "%s\t%s\t%s\t%s\t%s\t%s\n", a.ID, a.Name, a.Role.ID, strings.Join(a.AdminGroups, ","), scope(a.UserScope), scope(a.DeviceScope))
	}
	return tw.Flush()
}

func scope(s policy.Scope) string {
	switch {
	case s.All:
		return "all"
	case len(s.Groups) == 0:
		return "-"
	}
	return strings.Join(s.Groups, ",")
}

func assignSet(ctx context.Context, t *store.Tenant, args []string) error {
	if len(args) == 0 {
		return fmt.Errorf("%w: assign set needs an ID", ErrUsage)
	}
	a := store.Assignment{Name: args[0], Assignment: policy.Assignment{ID: args[0]}}
	into := func(s *policy.Scope) func(string) error {
		return func(v string) error {
			*s = policy.Scope{All: v == "all"}
			if !s.All {
				s.Groups = groups(v)
			}
			return nil
		}
	}
	if err := pairs(args[1:], map[string]func(string) error{
		"role": text(&a.Role.ID), "name": text(&a.Name),
		"admins": func(v string) error { a.AdminGroups = groups(v); return nil },
		"users":  into(&a.UserScope), "devices": into(&a.DeviceScope),
	}); err != nil {
		return err
	}
	if a.Role.ID == "" || len(a.AdminGroups) == 0 {
		return fmt.Errorf("%w: an assignment needs role= and admins=", ErrUsage)
	}
	if err := t.PutAssignment(ctx, a); err != nil {
		return err
	}
	return note(ctx, t, "assign.set", a.ID, strings.Join(args[1:], " "))
}

// groups splits a list of ids; directory ids are lower case.
func groups(v string) []string {
	var out []string
	for g := range strings.SplitSeq(v, ",") {
		if g = strings.ToLower(strings.TrimSpace(g)); g != "" {
			out = append(out, g)
		}
	}
	return out
}

func sessions(ctx context.Context, w io.Writer, t *store.Tenant) error {
	ss, err := t.Sessions(ctx, listed)
	if err != nil {
		return err
	}
	tw := table(w, "START\tEND\tHELPER\tSHARER\tDEVICE\tSTATE\tUSED\tREASON")
	for _, s := range ss {
		fmt.Fprintf(tw, "%s\t%s\t%s\t%s\t%s\t%v (%v)\t%v\t%s\n", stamp(s.Started), stamp(s.Ended), s.HelperName, s.SharerName, s.DeviceName,
			s.DeviceState, s.Proof, s.Used, s.EndReason)
	}
	return tw.Flush()
}

func stamp(t time.Time) string {
	if t.IsZero() {
		return "--"
	}
	return t.Format(time.RFC3339)
}

func audit(ctx context.Context, w io.Writer, t *store.Tenant) error {
	rs, err := t.Audit(ctx, listed)
	if err != nil {
		return err
	}
	tw := table(w, "SEQ\tTIME\tACTOR\tACTION\tTARGET\tOUTCOME\tRIGHTS\tDETAIL\tCOUNT\tSESSION")
	for _, r := range rs {
		e := r.Entry
		if r.Purged {
			fmt.Fprintf(tw, "%d\t%s\t(purged)\n", r.Seq, stamp(r.At))
			continue
		}
		fmt.Fprintf(tw, "%d\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%d\t%s\n", r.Seq, stamp(r.At), e.Actor, e.Action, e.Target, e.Outcome,
			strings.Join(e.Rights, "+"), e.Detail, max(1, e.Count), e.Session)
	}
	return tw.Flush()
}
