package store

import (
	"context"
	"database/sql"
	"errors"
	"strings"
	"time"
)

// Claim is what a checked token says of a person.
type Claim struct {
	Person      DirPerson // Object, Username and what is shown; the rest is not looked at
	Groups      []string  // external ids
	GroupsKnown bool      // false: the token says nothing of groups
	Issued      time.Time
}

// Claim makes the person of a token, or brings them up to date, in one step. Somebody who was not
// made from a token is left alone, and a token older than the last one changes nothing. Groups that are
// named and missing are made; those of SCIM are never touched. Whether the person is active is not
// a token's to say.
func (t *Tenant) Claim(ctx context.Context, c Claim) error {
	return t.taken(t.tx(ctx, "claim", func(tx *sql.Tx) error {
		if err := t.lock(ctx, tx, "directory"); err != nil {
			return err
		}
		p, changed, err := t.claimPerson(ctx, tx, c)
		if err != nil || p.ID == "" {
			return err
		}
		if c.GroupsKnown {
			moved, err := t.claimGroups(ctx, tx, p.ID, c.Groups)
			if err != nil {
				return err
			}
			changed = changed || moved
		}
		if !changed {
			return nil
		}
		return one(tx.ExecContext(ctx, `UPDATE tenants SET directory_rev = directory_rev + 1 WHERE tenant_id = $1`, t.id))
	}))
}

// claimPerson writes what is shown of a person. It answers nobody if the token has nothing to say.
func (t *Tenant) claimPerson(ctx context.Context, tx *sql.Tx, c Claim) (p DirPerson, changed bool, err error) {
	var at int64
	p, err = scanPerson(tx.QueryRowContext(ctx, `SELECT `+personColumns+` FROM dir_people WHERE tenant_id = $1 AND object = $2`, t.id, c.Person.Object))
	fresh := errors.Is(err, sql.ErrNoRows)
	switch {
	case fresh:
		p = DirPerson{ID: NewID(), Object: c.Person.Object, Active: true, Source: SourceClaims}
	case err != nil:
		return DirPerson{}, false, err
	case p.Source != SourceClaims:
		return DirPerson{}, false, nil
	default:
		if err := tx.QueryRowContext(ctx, `SELECT claimed_at FROM dir_people WHERE tenant_id = $1 AND id = $2`, t.id, p.ID).Scan(&at); err != nil || at >= ms(c.Issued) {
			return DirPerson{}, false, err
		}
	}
	was := p
	p.Username, p.Name, p.Given, p.Family, p.Job, p.Company, p.Email = c.Person.Username, c.Person.Name, c.Person.Given, c.Person.Family, c.Person.Job, c.Person.Company, c.Person.Email
	var n int
	if err := tx.QueryRowContext(ctx, `SELECT count(*) FROM dir_people WHERE tenant_id = $1 AND username_key = $2 AND id <> $3`,
		t.id, strings.ToLower(p.Username), p.ID).Scan(&n); err != nil {
		return DirPerson{}, false, err
	}
	if n > 0 || p.Username == "" {
		p.Username = p.Object
	}
	now := ms(t.s.now())
	if fresh {
		_, err := tx.ExecContext(ctx, `INSERT INTO dir_people (tenant_id, id, object, username, username_key, name, name_key, active, source, created_at, changed_at)
			VALUES ($1, $2, $3, '', $2, '', '', 1, 'claims', $4, $4)`, t.id, p.ID, p.Object, now)
		if err != nil {
			return DirPerson{}, false, err
		}
	}
	return p, p != was, one(tx.ExecContext(ctx, `UPDATE dir_people SET username = $3, username_key = $4, name = $5, name_key = $6, given = $7, family = $8,
		job = $9, company = $10, email = $11, claimed_at = $12, row_version = row_version + $13 WHERE tenant_id = $1 AND id = $2`,
		t.id, p.ID, p.Username, strings.ToLower(p.Username), p.Name, strings.ToLower(p.Name), p.Given, p.Family, p.Job, p.Company, p.Email,
		ms(c.Issued), num(p != was && !fresh)))
}

// claimGroups makes a person a member of exactly the groups with those external ids, as far as tokens
// say so: memberships of another source stay.
func (t *Tenant) claimGroups(ctx context.Context, tx *sql.Tx, person string, external []string) (changed bool, err error) {
	want := map[string]bool{}
	for _, x := range external {
		id, err := t.claimGroup(ctx, tx, x)
		if err != nil {
			return false, err
		}
		want[id] = true
	}
	have, err := scanStrings(tx.QueryContext(ctx, `SELECT group_id FROM dir_members WHERE tenant_id = $1 AND kind = 'person' AND member_id = $2 AND source = 'claims'`, t.id, person))
	if err != nil {
		return false, err
	}
	for _, id := range have {
		if want[id] {
			delete(want, id)
			continue
		}
		changed = true
		if _, err := tx.ExecContext(ctx, `DELETE FROM dir_members WHERE tenant_id = $1 AND group_id = $2 AND kind = 'person' AND member_id = $3`, t.id, id, person); err != nil {
			return false, err
		}
	}
	for id := range want {
		res, err := tx.ExecContext(ctx, `INSERT INTO dir_members (tenant_id, group_id, kind, member_id, source) VALUES ($1, $2, 'person', $3, 'claims') ON CONFLICT DO NOTHING`,
			t.id, id, person)
		if err != nil {
			return false, err
		}
		n, err := res.RowsAffected()
		if err != nil {
			return false, err
		}
		changed = changed || n > 0
	}
	return changed, nil
}

// claimGroup is the id of the group with an external id, which is made if it is missing.
func (t *Tenant) claimGroup(ctx context.Context, tx *sql.Tx, external string) (id string, err error) {
	err = tx.QueryRowContext(ctx, `SELECT id FROM dir_groups WHERE tenant_id = $1 AND external_id = $2 AND source <> 'scim' ORDER BY created_at, id LIMIT 1`, t.id, external).Scan(&id)
	if !errors.Is(err, sql.ErrNoRows) {
		return id, err
	}
	id = NewID()
	_, err = tx.ExecContext(ctx, `INSERT INTO dir_groups (tenant_id, id, name, name_key, external_id, source, created_at, changed_at) VALUES ($1, $2, $3, $4, $3, 'claims', $5, $5)`,
		t.id, id, external, strings.ToLower(external), ms(t.s.now()))
	return id, err
}
