package rest

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"time"

	"beside/policy"
	"beside/server/records"
	"beside/server/store"
)

// sessionQuery reads the filters of sessions.
func (c *call) sessionQuery() (store.SessionQuery, error) {
	q := c.r.URL.Query()
	f := store.SessionQuery{Text: q.Get("text"), Reason: q.Get("reason"), Helper: q.Get("helper"), Sharer: q.Get("sharer"), Device: q.Get("device")}
	var err error
	if f.Since, err = c.since(); err != nil {
		return f, err
	}
	if used := q.Get("used"); used != "" {
		var ok bool
		if f.Used, ok = policy.ParseRights([]string{used}); !ok {
			return f, malformed("used is view, control, elevate, unattended or clipboard")
		}
	}
	switch q.Get("state") {
	case "":
	case "running":
		f.Running = true
	case "ended":
		f.Ended = true
	default:
		return f, malformed("state is running or ended")
	}
	return f, nil
}

func (s *Server) sessions(c *call) error {
	f, err := c.sessionQuery()
	if err != nil {
		return err
	}
	limit, at, err := c.page()
	if err != nil {
		return err
	}
	if f.Limit = limit + 1; at.ID != "" {
		f.Before, f.BeforeID = time.UnixMilli(at.At), at.ID
	}
	rows, total, err := s.t.FindSessions(c.r.Context(), f)
	if err != nil {
		return err
	}
	out := list[records.Session]{Items: []records.Session{}, Total: &total}
	if len(rows) > limit {
		rows = rows[:limit]
		last := rows[limit-1]
		out.Next = c.next(cursor{At: last.Created.UnixMilli(), ID: last.ID})
	}
	for _, r := range rows {
		out.Items = append(out.Items, records.OfSession(r, s.o.Now()))
	}
	return c.send(http.StatusOK, out)
}

func (s *Server) session(c *call) error {
	row, err := s.t.Session(c.r.Context(), c.r.PathValue("id"))
	if err != nil {
		return err
	}
	return c.send(http.StatusOK, records.OfSession(row, s.o.Now()))
}

func (s *Server) sessionEvents(c *call) error {
	row, err := s.t.Session(c.r.Context(), c.r.PathValue("id"))
	if err != nil {
		return err
	}
	return s.entries(c, store.AuditQuery{Session: row.ID})
}

// endSession may be sent again: a session that has ended stays so.
func (s *Server) endSession(c *call) error {
	id := c.r.PathValue("id")
	if _, err := s.t.Session(c.r.Context(), id); err != nil {
		return err
	}
	was := s.o.End(c.r.Context(), s.o.Tenant, id, c.who.Object)
	return c.send(http.StatusOK, map[string]bool{"ended_now": was})
}

// auditQuery reads the filters of the audit log.
func (c *call) auditQuery() (store.AuditQuery, error) {
	q := c.r.URL.Query()
	f := store.AuditQuery{Session: q.Get("session")}
	since, err := c.since()
	if err != nil {
		return f, err
	}
	actor, action, outcome := q.Get("actor"), q.Get("action"), q.Get("outcome")
	if since.IsZero() && actor == "" && action == "" && outcome == "" {
		return f, nil
	}
	f.Match = func(r store.Record) bool {
		return !r.At.Before(since) && (actor == "" || r.Entry.Actor == actor) && (action == "" || r.Entry.Action == action) &&
			(outcome == "" || r.Entry.Outcome == outcome)
	}
	return f, nil
}

func (s *Server) audit(c *call) error {
	f, err := c.auditQuery()
	if err != nil {
		return err
	}
	return s.entries(c, f)
}

// entries sends a page of the audit log. With a filter that few entries pass, a page may be short and
// yet not the last.
func (s *Server) entries(c *call, f store.AuditQuery) error {
	limit, at, err := c.page()
	if err != nil {
		return err
	}
	f.Limit, f.Before = limit, at.Seq
	rows, next, err := s.t.FindAudit(c.r.Context(), f)
	if err != nil {
		return err
	}
	out := list[records.Audit]{Items: []records.Audit{}}
	for _, r := range rows {
		out.Items = append(out.Items, records.OfAudit(r))
	}
	if next > 0 {
		out.Next = c.next(cursor{Seq: next})
	}
	return c.send(http.StatusOK, out)
}

func (s *Server) exportSessions(c *call) error {
	q, err := c.sessionQuery()
	if err != nil {
		return err
	}
	return records.Serve(c.w, "beside-sessions", records.FormatOf(c.r.URL.Path), records.SessionHeader(), records.Sessions(c.r.Context(), s.t, q, s.o.Now()))
}

func (s *Server) exportAudit(c *call) error {
	q, err := c.auditQuery()
	if err != nil {
		return err
	}
	return records.Serve(c.w, "beside-audit", records.FormatOf(c.r.URL.Path), records.AuditHeader(), records.AuditLog(c.r.Context(), s.t, q))
}

// chain is what the last look at the whole audit log found. One look goes on at a time.
type chain struct {
	mu sync.Mutex
	v  verification
	at time.Time
}

type verification struct {
	OK      bool   `json:"ok"`
	Entries uint64 `json:"entries"`
	Head    string `json:"head,omitempty"`
	Problem string `json:"problem,omitempty"`
	Checked string `json:"checked"`
}

// verify looks at the whole chain, or answers with a look that is younger than life.
func (s *Server) verify(ctx context.Context, life time.Duration) (verification, error) {
	s.chain.mu.Lock()
	defer s.chain.mu.Unlock()
	now := s.o.Now()
	if age := now.Sub(s.chain.at); !s.chain.at.IsZero() && age >= 0 && age < life {
		return s.chain.v, nil
	}
	h, err := s.t.VerifyAudit(ctx)
	v := verification{OK: err == nil, Entries: h.Seq, Head: h.Hash, Checked: now.UTC().Format(time.RFC3339)}
	if errors.Is(err, store.ErrChain) {
		v.Problem, err = err.Error(), nil
	}
	if err == nil {
		s.chain.v, s.chain.at = v, now
	}
	return v, err
}

func (s *Server) verifyAudit(c *call) error {
	v, err := s.verify(c.r.Context(), time.Second)
	if err != nil {
		return err
	}
	return c.send(http.StatusOK, v)
}
