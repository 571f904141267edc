package admin

import (
	"context"
	"time"
)

type component struct {
	Key, Now string
	OK       bool
	Took     time.Duration
}

type healthData struct {
	List []component
	Bad  int
}

func (s *Site) health(v *visit) error {
	var d healthData
	checks := append([]Check{
		{"database", func(ctx context.Context) (string, error) { return "", s.o.Store.Ping(ctx) }},
		{"directory", func(ctx context.Context) (string, error) {
			_, people, err := s.o.Directory.People(ctx, s.o.Tenant, everybody(1))
			if err != nil {
				return "", err
			}
			_, devices, err := s.o.Directory.Devices(ctx, s.o.Tenant, everybody(1))
			return v.t("health.directory.now", "people", people, "devices", devices), err
		}},
		{"audit", func(context.Context) (string, error) {
			c, err := s.verify(v, false) //nolint:contextcheck // the visit carries it
			if err != nil || c.Bad != "" {
				return c.Bad, errNotFound
			}
			return v.t("health.audit.now", "n", c.Head.Seq), nil
		}},
	}, s.o.Checks...)
	for _, c := range checks {
		ctx, cancel := context.WithTimeout(v.r.Context(), 5*time.Second)
		began := time.Now()
		now, err := c.Ask(ctx)
		cancel()
		x := component{Key: "health." + c.Name, Now: now, OK: err == nil, Took: time.Since(began).Round(100 * time.Microsecond)}
		if err != nil {
			d.Bad++
			s.o.Log.WarnContext(v.r.Context(), "health", "component", c.Name, "err", err)
		}
		d.List = append(d.List, x)
	}
	v.show("health", "nav.health", "health", d)
	return nil
}
