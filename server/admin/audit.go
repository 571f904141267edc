package admin

import (
	"errors"
	"net/url"
	"strconv"
	"strings"
	"time"

	"beside/server/records"
	"beside/server/store"
)

var (
	auditKinds = []option{{"", "aud.kind.all", ""}, {"change", "aud.kind.change", ""}, {"session", "aud.kind.session", ""}, {"refused", "aud.kind.refused", ""}, {"signin", "aud.kind.signin", ""}}
	auditTimes = []option{{"30d", "period.30d", ""}, {"7d", "period.7d", ""}, {"1d", "period.1d", ""}}
)

// chainState is what the last look at the whole chain found.
type chainState struct {
	Head store.Head
	Bad  string
	At   time.Time
}

// verify looks at the whole chain, or answers with a look of the last ten minutes.
func (s *Site) verify(v *visit, fresh bool) (chainState, error) {
	life := 10 * time.Minute
	if fresh {
		life = 0
	}
	return s.chain.get(s.o.Now(), life, func() (chainState, error) {
		h, err := s.t.VerifyAudit(v.r.Context())
		if errors.Is(err, store.ErrChain) {
			return chainState{Bad: err.Error(), At: s.o.Now()}, nil
		}
		return chainState{Head: h, At: s.o.Now()}, err
	})
}

type auditData struct {
	Chain        chainState
	Query        map[string]string
	Kinds, Times []option
	List         []store.Record
	Names        map[string]string
	Pager        pager
	Export       string
}

// auditQuery reads the filters of an address.
func (s *Site) auditQuery(q url.Values) store.AuditQuery {
	f := store.AuditQuery{Limit: perPage, Session: q.Get("session")}
	f.Before, _ = strconv.ParseUint(q.Get("before"), 10, 64)
	text, kind := strings.ToLower(cut(strings.TrimSpace(q.Get("q")), 120)), q.Get("kind")
	var since time.Time
	if p := q.Get("period"); p == "1d" || p == "7d" {
		since = s.since(p)
	}
	if text == "" && kind == "" && since.IsZero() {
		return f
	}
	f.Match = func(r store.Record) bool {
		e := r.Entry
		if r.At.Before(since) {
			return false
		}
		switch kind {
		case "change":
			if e.Session != "" || strings.HasSuffix(e.Action, "signin") || e.Outcome != "ok" {
				return false
			}
		case "session":
			if e.Session == "" {
				return false
			}
		case "refused":
			if e.Outcome == "ok" && e.Action != "refused" {
				return false
			}
		case "signin":
			if e.Action != "admin.signin" {
				return false
			}
		}
		return text == "" || strings.Contains(strings.ToLower(strings.Join([]string{e.Actor, e.Action, e.Target, e.Session, e.Outcome, e.Detail}, " ")), text)
	}
	return f
}

func (s *Site) audit(v *visit) error {
	q := v.r.URL.Query()
	chain, err := s.verify(v, false)
	if err != nil {
		return err
	}
	list, next, err := s.t.FindAudit(v.r.Context(), s.auditQuery(q))
	if err != nil {
		return err
	}
	d := auditData{
		Chain: chain, Kinds: auditKinds, Times: auditTimes, List: list, Names: s.names(v, list),
		Query:  map[string]string{"q": q.Get("q"), "kind": q.Get("kind"), "period": q.Get("period")},
		Export: without(q, "before").Encode(),
	}
	if len(list) > 0 {
		d.Pager.Text = v.t("aud.range", "from", list[len(list)-1].Seq, "to", list[0].Seq)
	}
	if next > 0 {
		d.Pager.Next = "?" + with(q, "before", strconv.FormatUint(next, 10)).Encode()
	}
	if q.Get("before") != "" {
		d.Pager.First = "?" + without(q, "before").Encode()
	}
	v.show("audit", "nav.audit", "audit", d)
	return nil
}

// names are what the directory calls the people in records; who left is shown by id.
func (s *Site) names(v *visit, list []store.Record) map[string]string {
	out := map[string]string{}
	for _, r := range list {
		for _, id := range []string{r.Entry.Actor, r.Entry.Target} {
			if _, known := out[id]; known || id == "" {
				continue
			}
			out[id] = ""
			if p, err := s.o.Directory.Person(v.r.Context(), s.o.Tenant, id); err == nil {
				out[id] = p.Card.Name
			} else if d, err := s.o.Directory.Device(v.r.Context(), s.o.Tenant, id); err == nil {
				out[id] = d.Name
			}
		}
	}
	return out
}

// Did is what happened, as words; an action nobody described is shown as it is.
func (x view) Did(e store.Entry) string {
	if key := "did." + e.Action; x.v.s.words[x.Lang][key] != "" {
		return x.T(key)
	}
	return e.Action
}

func (s *Site) auditVerify(v *visit) error {
	if _, err := s.verify(v, true); err != nil {
		return err
	}
	seeOther(v.w, v.r, "/admin/audit")
	return nil
}

// auditFile sends all entries that the filters choose.
func (s *Site) auditFile(v *visit) error {
	q := s.auditQuery(v.r.URL.Query())
	q.Before = 0
	return records.Serve(v.w, "beside-audit", records.FormatOf(v.r.URL.Path), records.AuditHeader(), records.AuditLog(v.r.Context(), s.t, q))
}
