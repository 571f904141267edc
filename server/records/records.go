package records

import (
	"context"
	"iter"
	"strconv"
	"strings"
	"time"

	"beside/server/store"
)

// Session is the record of one session. Times are RFC 3339 in UTC, empty if they have not come.
type Session struct {
	ID         string   `json:"id"`
	State      string   `json:"state"`
	Helper     string   `json:"helper"`
	HelperName string   `json:"helper_name"`
	Sharer     string   `json:"sharer"`
	SharerName string   `json:"sharer_name"`
	Device     string   `json:"device"`
	DeviceName string   `json:"device_name"`
	DeviceOS   string   `json:"device_os"`
	Compliance string   `json:"compliance"`
	Proof      string   `json:"proof"`
	Granted    []string `json:"granted"`
	Used       []string `json:"used"`
	Created    string   `json:"created"`
	Started    string   `json:"started,omitempty"`
	Ended      string   `json:"ended,omitempty"`
	Seconds    int      `json:"seconds"` // that it has run, or ran
	Reason     string   `json:"reason,omitempty"`
}

// OfSession is the record of a row.
func OfSession(s store.Session, now time.Time) Session {
	return Session{
		ID: s.ID, State: s.State, Helper: s.Helper, HelperName: s.HelperName, Sharer: s.Sharer, SharerName: s.SharerName,
		Device: s.Device, DeviceName: s.DeviceName, DeviceOS: s.DeviceOS, Compliance: s.DeviceState.String(), Proof: s.Proof.String(),
		Granted: s.Granted.Names(), Used: s.Used.Names(), Created: stamp(s.Created), Started: stamp(s.Started), Ended: stamp(s.Ended),
		Seconds: int(Lasted(s, now).Seconds()), Reason: s.EndReason,
	}
}

// Lasted is how long a session has been running, or ran.
func Lasted(s store.Session, now time.Time) time.Duration {
	switch {
	case s.Started.IsZero():
		return 0
	case s.Ended.IsZero():
		return now.Sub(s.Started)
	}
	return s.Ended.Sub(s.Started)
}

// Audit is one entry of the audit log. A purged one has kept its place, time and hash only.
type Audit struct {
	Seq     uint64   `json:"seq"`
	Time    string   `json:"time"`
	Hash    string   `json:"hash"`
	Purged  bool     `json:"purged,omitempty"`
	Actor   string   `json:"actor,omitempty"`
	Action  string   `json:"action,omitempty"`
	Target  string   `json:"target,omitempty"`
	Session string   `json:"session,omitempty"`
	Outcome string   `json:"outcome,omitempty"`
	Rights  []string `json:"rights,omitempty"`
	Detail  string   `json:"detail,omitempty"`
	Count   int      `json:"count,omitempty"`
}

// OfAudit is the record of a row.
func OfAudit(r store.Record) Audit {
	e := r.Entry
	return Audit{
		Seq: r.Seq, Time: stamp(r.At), Hash: r.Hash, Purged: r.Purged, Actor: e.Actor, Action: e.Action, Target: e.Target,
		Session: e.Session, Outcome: e.Outcome, Rights: e.Rights, Detail: e.Detail, Count: e.Count,
	}
}

func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

// page is how many rows are asked of the store at a time, so that an export of any length needs
// little memory and holds nothing up.
const page = 250

// Sessions are all sessions that q chooses, newest first, whatever its Limit. It ends with an error
// if there is one.
func Sessions(ctx context.Context, t *store.Tenant, q store.SessionQuery, now time.Time) iter.Seq2[Session, error] {
	return func(yield func(Session, error) bool) {
		q.Limit = page
		for {
			list, _, err := t.FindSessions(ctx, q)
			if err != nil {
				yield(Session{}, err)
				return
			}
			for _, s := range list {
				if !yield(OfSession(s, now), nil) {
					return
				}
			}
			if len(list) < page {
				return
			}
			last := list[len(list)-1]
			q.Before, q.BeforeID = last.Created, last.ID
		}
	}
}

// AuditLog is Sessions for audit entries.
func AuditLog(ctx context.Context, t *store.Tenant, q store.AuditQuery) iter.Seq2[Audit, error] {
	return func(yield func(Audit, error) bool) {
		q.Limit = page
		for {
			list, next, err := t.FindAudit(ctx, q)
			if err != nil {
				yield(Audit{}, err)
				return
			}
			for _, r := range list {
				if !yield(OfAudit(r), nil) {
					return
				}
			}
			if next == 0 {
				return
			}
			q.Before = next
		}
	}
}

// SessionHeader names the columns of Session.Row.
func SessionHeader() []string {
	return []string{
		"session", "helper", "helper id", "helped person", "helped person id", "device", "device id", "system", "compliance", "proof",
		"used", "created", "started", "ended", "seconds", "outcome",
	}
}

// Row is the record as a line of a table.
func (s Session) Row() []string {
	return []string{
		s.ID, s.HelperName, s.Helper, s.SharerName, s.Sharer, s.DeviceName, s.Device, s.DeviceOS, s.Compliance, s.Proof,
		strings.Join(s.Used, " "), s.Created, s.Started, s.Ended, strconv.Itoa(s.Seconds), s.Reason,
	}
}

// AuditHeader names the columns of Audit.Row.
func AuditHeader() []string {
	return []string{"entry", "time", "actor", "action", "target", "session", "outcome", "rights", "detail", "count", "hash"}
}

// Row is the record as a line of a table.
func (a Audit) Row() []string {
	return []string{
		strconv.FormatUint(a.Seq, 10), a.Time, a.Actor, a.Action, a.Target, a.Session, a.Outcome, strings.Join(a.Rights, " "), a.Detail,
		strconv.Itoa(a.Count), a.Hash,
	}
}
