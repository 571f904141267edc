package signal

import (
	"context"
	"encoding/json"
	"fmt"

	"beside/policy"
	"beside/policy/api"
	"beside/server/directory"
	"beside/server/problem"
)

// Me says who the endpoint takes the caller for and what they may do.
func (h *Hub) Me(ctx context.Context, c Caller) (api.Me, error) {
	s, as, err := h.rules(ctx, h.o.Store.For(c.Tenant))
	if err != nil {
		return api.Me{}, err
	}
	p, err := directory.Who(ctx, h.o.Directory, c.Tenant, c.Object)
	if err != nil {
		return api.Me{}, directoryProblem(err)
	}
	if !p.Member || !p.Enabled {
		return api.Me{}, problem.New(api.AccountRefused)
	}
	card, err := json.Marshal(p.Card)
	if err != nil {
		return api.Me{}, fmt.Errorf("card: %w", err)
	}
	_, open := s.Open()
	d := policy.MayHelp(c.Tenant, s, as, p.Person)
	me := api.Me{Card: card, MayHelp: d.Offer != 0, Rights: d.Offer.Names(), Enabled: open, Chat: open && !s.DisableChat}
	if !me.MayHelp {
		me.Why = string(d.Code)
	}
	return me, nil
}
