package staff

import (
	"context"
	"strings"

	"beside/server/store"
)

// Role is what somebody may do. Each includes the ones before; the zero Role may nothing.
type Role int

// The roles.
const (
	Nobody   Role = iota
	Auditor       // reads
	Operator      // everything but settings, roles and assignments
	Admin         // everything
)

// String is the role's name in records and documents.
func (r Role) String() string {
	return [...]string{"nobody", store.RoleAuditor, store.RoleOperator, store.RoleAdmin}[r]
}

// Of is the highest role that a token names. Names may be prefixed by the product's.
func Of(names []string) Role {
	best := Nobody
	for _, n := range names {
		switch strings.TrimPrefix(n, "Beside.") {
		case "Admin":
			best = max(best, Admin)
		case "Operator":
			best = max(best, Operator)
		case "Auditor":
			best = max(best, Auditor)
		}
	}
	return best
}

// Listed is the role that the endpoint's own list gives somebody ("admin grant"), Nobody if none.
func Listed(ctx context.Context, t *store.Tenant, object string) (Role, error) {
	name, err := t.AdminRole(ctx, object)
	if err != nil {
		return Nobody, err
	}
	for r := Auditor; r <= Admin; r++ {
		if r.String() == name {
			return r, nil
		}
	}
	return Nobody, nil
}
