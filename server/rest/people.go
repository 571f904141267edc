package rest

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"time"

	"beside/policy"
	"beside/server/directory"
	"beside/server/problem"
	"beside/server/store"
	"beside/server/whatif"
)

type meBody struct {
	ID     string `json:"id"`
	Name   string `json:"name"`
	Role   string `json:"role"`
	Tenant string `json:"tenant"`
}

func (s *Server) me(c *call) error {
	return c.send(http.StatusOK, meBody{c.who.Object, c.who.Name, c.role.String(), s.o.Tenant})
}

type personBody struct {
	ID      string   `json:"id"`
	Name    string   `json:"name"`
	Job     string   `json:"job"`
	Company string   `json:"company"`
	Member  bool     `json:"member"`
	Enabled bool     `json:"enabled"`
	Groups  []string `json:"groups"`
	MayHelp []string `json:"may_help"` // at most, through any assignment
}

type deviceBody struct {
	ID         string   `json:"id"`
	Name       string   `json:"name"`
	OS         string   `json:"os"`
	Owner      string   `json:"owner"`
	Enrolled   bool     `json:"enrolled"`
	Registered bool     `json:"registered"`
	Compliance string   `json:"compliance"`
	Groups     []string `json:"groups"`
}

type groupBody struct {
	ID      string `json:"id"`
	Name    string `json:"name"`
	People  *int   `json:"people"` // null if the directory does not say
	Devices *int   `json:"devices"`
}

// rules are the settings and assignments as they are now.
func (s *Server) rules(ctx context.Context) (policy.Settings, []store.Assignment, error) {
	settings, err := s.t.Settings(ctx)
	if err != nil {
		return settings, nil, err
	}
	rows, err := s.t.Assignments(ctx)
	return settings, rows, err
}

// found sends a page of what the directory has.
func found[A, B any](s *Server, c *call, ask func(context.Context, string, directory.Query) ([]A, int, error), convert func(A) B) error {
	limit, at, err := c.page()
	if err != nil {
		return err
	}
	q := c.r.URL.Query()
	rows, total, err := ask(c.r.Context(), s.o.Tenant, directory.Query{Text: q.Get("text"), Group: q.Get("group"), Offset: at.Offset, Limit: limit})
	if err != nil {
		return err
	}
	out := list[B]{Items: []B{}, Total: &total}
	for _, r := range rows {
		out.Items = append(out.Items, convert(r))
	}
	if n := at.Offset + len(rows); len(rows) > 0 && n < total {
		out.Next = c.next(cursor{Offset: n})
	}
	return c.send(http.StatusOK, out)
}

func (s *Server) people(c *call) error {
	settings, rows, err := s.rules(c.r.Context())
	if err != nil {
		return err
	}
	as := store.Policies(rows)
	return found(s, c, s.o.Directory.People, func(p directory.Person) personBody { return s.personOf(settings, as, p) })
}

func (s *Server) personOf(settings policy.Settings, as []policy.Assignment, p directory.Person) personBody {
	return personBody{
		p.Object, p.Card.Name, p.Card.Job, p.Card.Company, p.Member, p.Enabled, filled(p.Groups),
		policy.MayHelp(s.o.Tenant, settings, as, p.Person).Offer.Names(),
	}
}

func (s *Server) person(c *call) error {
	p, err := s.o.Directory.Person(c.r.Context(), s.o.Tenant, c.r.PathValue("id"))
	if err != nil {
		return err
	}
	settings, rows, err := s.rules(c.r.Context())
	if err != nil {
		return err
	}
	return c.send(http.StatusOK, s.personOf(settings, store.Policies(rows), p))
}

func (s *Server) groups(c *call) error {
	return found(s, c, s.o.Directory.Groups, func(g directory.Group) groupBody { return groupBody{g.ID, g.Name, said(g.People), said(g.Devices)} })
}

// said is a number that is not negative.
func said(n int) *int {
	if n < 0 {
		return nil
	}
	return &n
}

func deviceOf(d directory.Device) deviceBody {
	d.Proof = policy.ProofOwn // the state as management has it, whoever asks
	return deviceBody{d.ID, d.Name, d.OS, d.Owner, d.Enrolled, d.Registered, d.Shown().String(), filled(d.Groups)}
}

func (s *Server) devices(c *call) error { return found(s, c, s.o.Directory.Devices, deviceOf) }

func (s *Server) device(c *call) error {
	d, err := s.o.Directory.Device(c.r.Context(), s.o.Tenant, c.r.PathValue("id"))
	if err != nil {
		return err
	}
	return c.send(http.StatusOK, deviceOf(d))
}

type questionBody struct {
	Helper string `json:"helper"`
	Sharer string `json:"sharer"`
	Device string `json:"device"`
}

type rungBody struct {
	Right       string   `json:"right"`
	Allowed     bool     `json:"allowed"`
	Code        string   `json:"code"`
	Assignments []string `json:"assignments"`
}

type layerBody struct {
	Layer  string `json:"layer"`
	Result string `json:"result"`
	Code   string `json:"code,omitempty"`
}

type consideredBody struct {
	Assignment string `json:"assignment"`
	Applies    bool   `json:"applies"`
	Group      string `json:"group"` // that brings the helper in
}

type answerBody struct {
	Best        string           `json:"best"`
	Code        string           `json:"code"`
	Ladder      []rungBody       `json:"ladder"`
	Layers      []layerBody      `json:"layers"`
	Assignments []consideredBody `json:"assignments"`
}

// whatIf answers and writes down that it was asked, as the admin site does.
func (s *Server) whatIf(c *call) error {
	var in questionBody
	if err := decode(c, &in, "helper", "sharer"); err != nil {
		return err
	}
	q, err := s.question(c.r.Context(), in)
	if err != nil {
		return err
	}
	settings, rows, err := s.rules(c.r.Context())
	if err != nil {
		return err
	}
	a := whatif.Ask(s.o.Tenant, settings, rows, q)
	if _, err := s.t.Append(c.r.Context(), store.Entry{
		Actor: c.who.Object, Action: "what-if", Target: in.Sharer, Outcome: string(a.Code), Detail: "helper=" + in.Helper,
	}); err != nil {
		return err
	}
	out := answerBody{Best: a.Best, Code: string(a.Code), Ladder: []rungBody{}, Layers: []layerBody{}, Assignments: []consideredBody{}}
	for _, r := range a.Ladder {
		out.Ladder = append(out.Ladder, rungBody{r.Right, r.Yes, string(r.Code), filled(r.By)})
	}
	for _, l := range a.Layers {
		out.Layers = append(out.Layers, layerBody{l.Name, l.Result, string(l.Code)})
	}
	for _, x := range a.Tried {
		out.Assignments = append(out.Assignments, consideredBody{x.Assignment.ID, x.Why == whatif.Applies, x.Via})
	}
	return c.send(http.StatusOK, out)
}

// question finds whom it is about.
func (s *Server) question(ctx context.Context, in questionBody) (q whatif.Question, err error) {
	var faults []problem.Fault
	miss := func(pointer string, err error) error {
		if !errors.Is(err, directory.ErrUnknown) {
			return err
		}
		faults = append(faults, problem.Fault{Pointer: pointer, Detail: "the directory does not know it"})
		return nil
	}
	if q.Helper, err = s.o.Directory.Person(ctx, s.o.Tenant, in.Helper); miss("/helper", err) != nil {
		return q, err
	}
	if q.Sharer, err = s.o.Directory.Person(ctx, s.o.Tenant, in.Sharer); miss("/sharer", err) != nil {
		return q, err
	}
	if in.Device != "" {
		d, err := s.o.Directory.Device(ctx, s.o.Tenant, in.Device)
		if miss("/device", err) != nil {
			return q, err
		}
		q.Device = &d
	}
	if faults != nil {
		return q, &problem.Details{Problem: problem.New(problem.Unknown), Errors: faults}
	}
	return q, nil
}

type componentBody struct {
	Name   string `json:"name"`
	OK     bool   `json:"ok"`
	Detail string `json:"detail"`
	Millis int64  `json:"ms"`
}

type healthBody struct {
	OK         bool            `json:"ok"`
	Version    string          `json:"version"`
	Components []componentBody `json:"components"`
}

// health asks every part. The answer is 200 whatever they say: for probes there is /readyz.
func (s *Server) health(c *call) error {
	out := healthBody{OK: true, Version: s.o.Version}
	for _, check := range slices.Concat([]Check{
		{"database", func(ctx context.Context) (string, error) { return "", s.o.Store.Ping(ctx) }},
		{"directory", func(ctx context.Context) (string, error) {
			_, _, err := s.o.Directory.People(ctx, s.o.Tenant, directory.Query{Limit: 1})
			return "", err
		}},
		{"audit", func(ctx context.Context) (string, error) {
			v, err := s.verify(ctx, 10*time.Minute)
			if err == nil && !v.OK {
				err = store.ErrChain
			}
			return v.Problem, err
		}},
	}, s.o.Checks) {
		ctx, cancel := context.WithTimeout(c.r.Context(), 5*time.Second)
		began := time.Now()
		now, err := check.Ask(ctx)
		cancel()
		if err != nil {
			out.OK = false
			s.o.Log.WarnContext(c.r.Context(), "health", "component", check.Name, "err", err)
		}
		out.Components = append(out.Components, componentBody{check.Name, err == nil, now, time.Since(began).Milliseconds()})
	}
	return c.send(http.StatusOK, out)
}
