package sqlite_test

import (
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"beside/server/store"
	"beside/server/store/sqlite"
	"beside/server/store/storetest"
)

func open(t *testing.T, now func() time.Time) *store.Store {
	s, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "a b?.db"), now)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func TestContract(t *testing.T) { storetest.Run(t, open) }

// raw opens the file beside the store, as somebody with the disk would.
func raw(t *testing.T) (*store.Store, *sql.DB) {
	file := filepath.Join(t.TempDir(), "x.db")
	s, err := sqlite.Open(t.Context(), file, nil)
	if err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("sqlite", "file:"+file+"?_pragma=foreign_keys(1)&_pragma=busy_timeout(5000)")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close(); _ = s.Close() })
	if fi, err := os.Stat(file); err != nil || fi.Mode().Perm() != 0o600 {
		t.Errorf("file mode: %v %v", fi.Mode(), err)
	}
	return s, db
}

func TestSchemaKeepsTenantsApart(t *testing.T) {
	s, db := raw(t)
	a, b := s.For(storetest.A), s.For(storetest.B)
	for _, tn := range []*store.Tenant{a, b} {
		if err := tn.SetUp(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := a.NewCode(t.Context(), store.Code{Session: "s", Locator: "K7QX", Helper: "h", Expires: time.Now().Add(time.Minute)}); err != nil {
		t.Fatal(err)
	}
	for _, q := range []string{
		`INSERT INTO resume_tokens VALUES ('` + storetest.B + `','s','helper','x')`,
		`INSERT INTO rendezvous (tenant_id,session_id,locator,helper_oid,nh,live,created_at,expires_at) VALUES ('` + storetest.B + `','s','A','h','',1,0,0)`,
		`INSERT INTO audit VALUES ('nobody',1,0,'','','',NULL,NULL,0)`,
	} {
		if _, err := db.ExecContext(t.Context(), q); err == nil || !strings.Contains(err.Error(), "FOREIGN KEY") {
			t.Errorf("%s: %v", q, err)
		}
	}
}

// TestEveryTableHasTheTenantInItsKey reads the schema itself, so that a later table cannot forget it.
func TestEveryTableHasTheTenantInItsKey(t *testing.T) {
	_, db := raw(t)
	rows, err := db.QueryContext(t.Context(), `SELECT m.name, p.name FROM sqlite_master m LEFT JOIN pragma_table_info(m.name) p ON p.pk = 1
		WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%' AND m.name <> 'goose_db_version'`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	n := 0
	for rows.Next() {
		var table string
		var first sql.NullString
		if err := rows.Scan(&table, &first); err != nil {
			t.Fatal(err)
		}
		if n++; first.String != "tenant_id" {
			t.Errorf("%s: key begins with %q", table, first.String)
		}
	}
	if err := rows.Err(); err != nil || n < 10 {
		t.Fatal(n, err)
	}
	fks, err := db.QueryContext(t.Context(), `SELECT m.name, f.id, sum(f."from" = 'tenant_id' AND f."to" = 'tenant_id') FROM sqlite_master m
		JOIN pragma_foreign_key_list(m.name) f WHERE m.type = 'table' GROUP BY m.name, f.id`)
	if err != nil {
		t.Fatal(err)
	}
	defer fks.Close()
	for fks.Next() {
		var table string
		var id, has int
		if err := fks.Scan(&table, &id, &has); err != nil {
			t.Fatal(err)
		}
		if has != 1 {
			t.Errorf("%s: a foreign key without the tenant", table)
		}
	}
	if err := fks.Err(); err != nil {
		t.Fatal(err)
	}
}

func TestNoMethodTakesATenant(t *testing.T) {
	typ := reflect.TypeFor[*store.Tenant]()
	for i := range typ.NumMethod() {
		m := typ.Method(i)
		for j := 1; j < m.Type.NumIn(); j++ {
			if m.Type.In(j) == typ || m.Type.In(j) == reflect.TypeFor[*store.Store]() {
				t.Errorf("%s takes a tenant", m.Name)
			}
		}
	}
}

func TestAuditShowsTampering(t *testing.T) {
	for name, q := range map[string]string{
		"payload changed":   `UPDATE audit SET payload = replace(payload, 'ok', 'no') WHERE seq = 2`,
		"row cut out":       `DELETE FROM audit WHERE seq = 2`,
		"first row cut":     `DELETE FROM audit WHERE seq = 1`,
		"hash changed":      `UPDATE audit SET hash = prev WHERE seq = 2`,
		"commitment":        `UPDATE audit SET commitment = hash WHERE seq = 3`,
		"payload half gone": `UPDATE audit SET salt = NULL WHERE seq = 2`,
		"other tenant's":    `UPDATE audit SET tenant_id = '` + storetest.B + `'`,
	} {
		t.Run(name, func(t *testing.T) {
			s, db := raw(t)
			for _, id := range []string{storetest.A, storetest.B} {
				if err := s.For(id).SetUp(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
			for range 3 {
				if _, err := s.For(storetest.A).Append(t.Context(), store.Entry{Action: "x", Outcome: "ok"}); err != nil {
					t.Fatal(err)
				}
			}
			if _, err := db.ExecContext(t.Context(), q); err != nil {
				t.Fatal(err)
			}
			_, errA := s.For(storetest.A).VerifyAudit(t.Context())
			_, errB := s.For(storetest.B).VerifyAudit(t.Context())
			if !errors.Is(errors.Join(errA, errB), store.ErrChain) {
				t.Errorf("not seen: %v %v", errA, errB)
			}
		})
	}
}
