package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"
)

// DirPerson is somebody in the endpoint's own directory.
type DirPerson struct {
	ID         string // the directory's, for ever
	Object     string // what tokens name the person by; ID if nothing is known yet
	Username   string // no two in a tenant, in whatever case
	ExternalID string // of whoever provisions
	Name       string // shown

	Given, Family, Job, Company, Email string
	Guest, Active                      bool
	Source                             string
	Created, Changed                   time.Time
	Version                            int64
}

const personColumns = `id, object, username, external_id, name, given, family, job, company, email, guest, active, source, created_at, changed_at, row_version`

func scanPerson(from row) (DirPerson, error) {
	var p DirPerson
	var created, changed sql.NullInt64
	err := from.Scan(&p.ID, &p.Object, &p.Username, &p.ExternalID, &p.Name, &p.Given, &p.Family, &p.Job, &p.Company, &p.Email,
		&p.Guest, &p.Active, &p.Source, &created, &changed, &p.Version)
	p.Created, p.Changed = fromMS(created), fromMS(changed)
	return p, err
}

// AddPerson makes a person, with a new ID if there is none. ErrConflict if the ID, the object or the
// username is taken.
func (t *Tenant) AddPerson(ctx context.Context, p DirPerson) (DirPerson, error) {
	if p.ID == "" {
		p.ID = NewID()
	}
	if p.Object == "" {
		p.Object = p.ID
	}
	err := t.taken(t.directory(ctx, "add person", func(tx *sql.Tx) error {
		if err := t.freePerson(ctx, tx, p); err != nil {
			return err
		}
		p.Version, p.Created = 1, time.UnixMilli(ms(t.s.now())).UTC()
		p.Changed = p.Created
		_, err := tx.ExecContext(ctx, `INSERT INTO dir_people (tenant_id, id, object, username, username_key, external_id, name, name_key, given, family,
			job, company, email, guest, active, source, created_at, changed_at)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $17)`,
			t.id, p.ID, p.Object, p.Username, strings.ToLower(p.Username), p.ExternalID, p.Name, strings.ToLower(p.Name), p.Given, p.Family,
			p.Job, p.Company, p.Email, num(p.Guest), num(p.Active), p.Source, ms(p.Created))
		return err
	}))
	return p, err
}

// freePerson answers ErrConflict if somebody else has the id of a new person, the object or the username.
// Who was only read from a token makes room for somebody who is provisioned: the account is the same if the
// object is, and a username is nothing that a token proves.
func (t *Tenant) freePerson(ctx context.Context, tx *sql.Tx, p DirPerson) error {
	if p.Source == SourceSCIM {
		for _, q := range []string{
			`DELETE FROM dir_members WHERE tenant_id = $1 AND kind = 'person' AND member_id IN (
				SELECT id FROM dir_people WHERE tenant_id = $1 AND object = $2 AND id <> $3 AND source = 'claims')`,
			`DELETE FROM dir_people WHERE tenant_id = $1 AND object = $2 AND id <> $3 AND source = 'claims'`,
		} {
			if _, err := tx.ExecContext(ctx, q, t.id, p.Object, p.ID); err != nil {
				return err
			}
		}
		if _, err := tx.ExecContext(ctx, `UPDATE dir_people SET username = object, username_key = object WHERE tenant_id = $1 AND username_key = $2 AND source = 'claims'`,
			t.id, strings.ToLower(p.Username)); err != nil {
			return err
		}
	}
	var n int
	err := tx.QueryRowContext(ctx, `SELECT count(*) FROM dir_people WHERE tenant_id = $1 AND (object = $3 OR username_key = $4) AND id <> $2
		OR tenant_id = $1 AND id = $2 AND row_version <> $5`, t.id, p.ID, p.Object, strings.ToLower(p.Username), p.Version).Scan(&n)
	if err == nil && n > 0 {
		return ErrConflict
	}
	return err
}

// taken is ErrConflict where the database found a unique key that was taken meanwhile.
func (t *Tenant) taken(err error) error {
	if err != nil && t.s.o.Taken != nil && t.s.o.Taken(err) {
		return fmt.Errorf("store: taken: %w", ErrConflict)
	}
	return err
}

// ChangePerson has fn change a person, of the given version if it is not 0 (else ErrStale). ID,
// times and version stay what they are. A person that fn leaves alone keeps the version.
func (t *Tenant) ChangePerson(ctx context.Context, id string, version int64, fn func(*DirPerson) error) (DirPerson, error) {
	var p DirPerson
	err := t.taken(t.directory(ctx, "change person", func(tx *sql.Tx) error {
		was, err := scanPerson(tx.QueryRowContext(ctx, `SELECT `+personColumns+` FROM dir_people WHERE tenant_id = $1 AND id = $2`, t.id, id))
		if err != nil {
			return missing(err)
		}
		if p = was; version != 0 && version != was.Version {
			return ErrStale
		}
		if err := fn(&p); err != nil {
			return err
		}
		if p.Object == "" {
			p.Object = was.ID
		}
		p.ID, p.Created, p.Changed, p.Version = was.ID, was.Created, was.Changed, was.Version
		if p == was {
			return errSame
		}
		if err := t.freePerson(ctx, tx, p); err != nil {
			return err
		}
		p.Version, p.Changed = p.Version+1, time.UnixMilli(ms(t.s.now())).UTC()
		return one(tx.ExecContext(ctx, `UPDATE dir_people SET object = $3, username = $4, username_key = $5, external_id = $6, name = $7, name_key = $8,
			given = $9, family = $10, job = $11, company = $12, email = $13, guest = $14, active = $15, source = $16, changed_at = $17, row_version = $18
			WHERE tenant_id = $1 AND id = $2`,
			t.id, p.ID, p.Object, p.Username, strings.ToLower(p.Username), p.ExternalID, p.Name, strings.ToLower(p.Name),
			p.Given, p.Family, p.Job, p.Company, p.Email, num(p.Guest), num(p.Active), p.Source, ms(p.Changed), p.Version))
	}))
	return p, err
}

// missing turns "no rows" into ErrNotFound.
func missing(err error) error {
	if errors.Is(err, sql.ErrNoRows) {
		return ErrNotFound
	}
	return err
}

// DropPerson removes a person, of the given version if it is not 0, from the directory and every group.
func (t *Tenant) DropPerson(ctx context.Context, id string, version int64) error {
	return t.drop(ctx, "dir_people", MemberPerson, id, version)
}

// drop removes a row with a version and its memberships.
func (t *Tenant) drop(ctx context.Context, table, kind, id string, version int64) error {
	return t.directory(ctx, "drop "+kind, func(tx *sql.Tx) error {
		var have int64
		if err := tx.QueryRowContext(ctx, `SELECT row_version FROM `+table+` WHERE tenant_id = $1 AND id = $2`, t.id, id).Scan(&have); err != nil {
			return missing(err)
		}
		if version != 0 && version != have {
			return ErrStale
		}
		if _, err := tx.ExecContext(ctx, `DELETE FROM dir_members WHERE tenant_id = $1 AND kind = $2 AND member_id = $3`, t.id, kind, id); err != nil {
			return err
		}
		return one(tx.ExecContext(ctx, `DELETE FROM `+table+` WHERE tenant_id = $1 AND id = $2`, t.id, id))
	})
}

// DirPerson is the person with that id, ErrNotFound if there is none.
func (t *Tenant) DirPerson(ctx context.Context, id string) (DirPerson, error) {
	p, err := scanPerson(t.q.QueryRowContext(ctx, `SELECT `+personColumns+` FROM dir_people WHERE tenant_id = $1 AND id = $2`, t.id, id))
	return p, wrap("person", err)
}

// PersonByObject is the person that tokens name so, ErrNotFound if there is none.
func (t *Tenant) PersonByObject(ctx context.Context, object string) (DirPerson, error) {
	p, err := scanPerson(t.q.QueryRowContext(ctx, `SELECT `+personColumns+` FROM dir_people WHERE tenant_id = $1 AND object = $2`, t.id, object))
	return p, wrap("person", err)
}

// FindPeople are those that q chooses, and how many there are without Offset and Limit.
func (t *Tenant) FindPeople(ctx context.Context, q DirQuery) (out []DirPerson, total int, err error) {
	c := t.conditions()
	c.is(`id`, q.ID)
	c.is(`username_key`, strings.ToLower(q.Username))
	c.is(`external_id`, q.ExternalID)
	c.is(`source`, q.Source)
	c.is(`name_key`, strings.ToLower(q.Name))
	c.is(`lower(email)`, strings.ToLower(q.Email))
	if q.Active != nil {
		c.add(`active = ?`, num(*q.Active))
	}
	c.text(q.Text, `name_key`, `username_key`, `lower(job)`, `object`)
	c.in(MemberPerson, q.Group)
	total, tail, err := t.page(ctx, `dir_people`, c, q)
	if err != nil {
		return nil, 0, wrap("find people", err)
	}
	rows, err := t.q.QueryContext(ctx, `SELECT `+personColumns+tail, c.args...)
	out, err = collect(rows, err, "find people", scanPerson)
	return out, total, err
}
