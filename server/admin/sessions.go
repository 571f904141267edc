package admin

import (
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"beside/policy"
	"beside/server/records"
	"beside/server/store"
)

const perPage = 25

// option is one choice of a select: its words by key, or as text.
type option struct{ Value, Key, Text string }

// pill is a filter that is on, with the address without it.
type pill struct{ Key, Text, Without string }

type pager struct{ Text, First, Next string }

var (
	periods  = []option{{"7d", "period.7d", ""}, {"1d", "period.1d", ""}, {"30d", "period.30d", ""}}
	controls = []option{{"", "any", ""}, {"view", "right.view", ""}, {"control", "right.control", ""}, {"elevation", "right.elevation", ""}, {"unattended", "right.unattended", ""}}
	outcomes = []option{{"", "any", ""}, {"running", "out.running", ""}, {"ended", "out.ended", ""}, {"declined", "out.declined", ""}, {"lost", "out.lost", ""}}
)

func (s *Site) since(period string) time.Time {
	now := s.o.Now().In(s.o.Zone)
	switch period {
	case "1d":
		return time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, 0, s.o.Zone)
	case "30d":
		return now.AddDate(0, 0, -30)
	}
	return now.AddDate(0, 0, -7)
}

// sessionQuery reads the filters of an address; what makes no sense is left out.
func (s *Site) sessionQuery(q url.Values) store.SessionQuery {
	f := store.SessionQuery{
		Text: cut(strings.TrimSpace(q.Get("q")), 120), Since: s.since(q.Get("period")), Limit: perPage,
		Helper: q.Get("helper"), Sharer: q.Get("sharer"), Device: q.Get("device"),
	}
	switch q.Get("control") {
	case "view":
		f.Used = policy.View
	case "control":
		f.Used = policy.Control
	case "elevation":
		f.Used = policy.Elevate
	case "unattended":
		f.Used = policy.Unattended
	}
	switch q.Get("outcome") {
	case "running":
		f.Running = true
	case "ended":
		f.Ended = true
	case "declined", "lost":
		f.Reason = q.Get("outcome")
	}
	if at, id, ok := strings.Cut(q.Get("before"), "_"); ok {
		if n, err := strconv.ParseInt(at, 10, 64); err == nil {
			f.Before, f.BeforeID = time.UnixMilli(n), id
		}
	}
	return f
}

type sessionsData struct {
	Query             map[string]string
	Periods, Controls []option
	Outcomes          []option
	Pills             []pill
	List              []store.Session
	Total             int
	Pager             pager
	Export            string
}

func (s *Site) sessions(v *visit) error {
	q := v.r.URL.Query()
	list, total, err := s.t.FindSessions(v.r.Context(), s.sessionQuery(q))
	if err != nil {
		return err
	}
	d := sessionsData{
		Query:   map[string]string{"q": q.Get("q"), "period": q.Get("period"), "control": q.Get("control"), "outcome": q.Get("outcome")},
		Periods: periods, Controls: controls, Outcomes: outcomes, List: list, Total: total,
	}
	d.Export = without(q, "before").Encode()
	for _, f := range []struct {
		name string
		opts []option
	}{{"q", nil}, {"period", periods}, {"control", controls}, {"outcome", outcomes}, {"helper", nil}, {"sharer", nil}, {"device", nil}} {
		value := q.Get(f.name)
		if value == "" {
			continue
		}
		p := pill{Text: value, Without: "?" + without(q, f.name, "before").Encode()}
		if i := slices.IndexFunc(f.opts, func(o option) bool { return o.Value == value }); i >= 0 {
			p = pill{Key: f.opts[i].Key, Without: p.Without}
		} else if f.opts != nil {
			continue
		}
		d.Pills = append(d.Pills, p)
	}
	d.Pager.Text = v.t("pager.of", "shown", len(list), "total", total)
	if len(list) == perPage {
		last := list[len(list)-1]
		d.Pager.Next = "?" + with(q, "before", fmt.Sprintf("%d_%s", last.Created.UnixMilli(), last.ID)).Encode()
	}
	if q.Get("before") != "" {
		d.Pager.First = "?" + without(q, "before").Encode()
	}
	v.show("sessions", "nav.sessions", "sessions", d)
	return nil
}

func without(q url.Values, names ...string) url.Values {
	out := url.Values{}
	for k, vs := range q {
		if !slices.Contains(names, k) {
			out[k] = vs
		}
	}
	return out
}

func with(q url.Values, name, value string) url.Values {
	out := without(q, name)
	out.Set(name, value)
	return out
}

// sessionsFile sends all sessions that the filters choose.
func (s *Site) sessionsFile(v *visit) error {
	q := s.sessionQuery(v.r.URL.Query())
	q.Before = time.Time{}
	return records.Serve(v.w, "beside-sessions", records.FormatOf(v.r.URL.Path), records.SessionHeader(), records.Sessions(v.r.Context(), s.t, q, s.o.Now()))
}

// Lasted is for templates.
func (x view) Lasted(s store.Session) time.Duration { return records.Lasted(s, x.v.s.o.Now()) }

// Outcome is a key of the words: how a session stands or ended.
func (x view) Outcome(s store.Session) string {
	switch {
	case s.State != "ended" && !s.Started.IsZero():
		return "out.running"
	case s.State != "ended":
		return "out.waiting"
	}
	if key := "end." + s.EndReason; x.v.s.words[x.Lang][key] != "" {
		return key
	}
	return "out.ended"
}

type sessionData struct {
	S      store.Session
	Events []store.Record
	More   bool
}

// shownEvents is how many events of a session are listed at most.
const shownEvents = 200

func (s *Site) session(v *visit) error {
	row, err := s.t.Session(v.r.Context(), v.r.PathValue("id"))
	if err != nil {
		return err
	}
	events, _, err := s.t.FindAudit(v.r.Context(), store.AuditQuery{Session: row.ID, Limit: shownEvents})
	if err != nil {
		return err
	}
	slices.Reverse(events)
	v.show("session", "session.title", "sessions", sessionData{S: row, Events: events, More: len(events) == shownEvents})
	return nil
}

func (s *Site) endAsk(v *visit) error {
	row, err := s.t.Session(v.r.Context(), v.r.PathValue("id"))
	if err != nil {
		return err
	}
	v.show("session-end", "ses.end.title", "monitor", row)
	return nil
}

func (s *Site) endDo(v *visit) error {
	id := v.r.PathValue("id")
	if _, err := s.t.Session(v.r.Context(), id); err != nil {
		return err
	}
	s.o.End(v.r.Context(), s.o.Tenant, id, v.who.Object)
	seeOther(v.w, v.r, "/admin/sessions/"+url.PathEscape(id))
	return nil
}
