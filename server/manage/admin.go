package manage

import (
	"context"
	"fmt"
	"io"
	"regexp"
	"strings"
	"time"

	"beside/server/store"
)

var objectID = regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$`)

func adminList(ctx context.Context, w io.Writer, t *store.Tenant) error {
	as, err := t.Admins(ctx)
	for _, a := range as {
		fmt.Fprintf(w, "%s  %-8s  since %s by %s\n", a.Object, a.Role, a.Granted.Format(time.DateOnly), a.By)
	}
	return err
}

// adminGrant gives a person a role on the admin site.
func adminGrant(ctx context.Context, t *store.Tenant, args []string) error {
	if len(args) == 0 {
		return fmt.Errorf("%w: whom?", ErrUsage)
	}
	object, role := strings.ToLower(args[0]), store.RoleAdmin
	if !objectID.MatchString(object) {
		return fmt.Errorf("%w: %q is no object id", ErrUsage, args[0])
	}
	if err := pairs(args[1:], map[string]func(string) error{"role": text(&role)}); err != nil {
		return err
	}
	if role != store.RoleAdmin && role != store.RoleOperator && role != store.RoleAuditor {
		return fmt.Errorf("%w: role is admin, operator or auditor", ErrUsage)
	}
	if err := t.GrantAdmin(ctx, actor, object, role); err != nil {
		return err
	}
	return note(ctx, t, "admin.grant", object, "role."+role)
}
