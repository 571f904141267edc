-- +goose Up
-- What the nodes of one endpoint share while a session lives. live is the hub's own text; at
-- look_at, if not 0, somebody must look at the session. A push stays until the session is
-- forgotten, so that any node can send it again.
ALTER TABLE sessions ADD COLUMN live TEXT NOT NULL DEFAULT '';
ALTER TABLE sessions ADD COLUMN look_at BIGINT NOT NULL DEFAULT 0;
CREATE INDEX sessions_to_look_at ON sessions (tenant_id, look_at) WHERE look_at > 0;

CREATE TABLE pushes (
  tenant_id TEXT NOT NULL, session_id TEXT NOT NULL, role TEXT NOT NULL, seq BIGINT NOT NULL, type TEXT NOT NULL, body TEXT NOT NULL,
  CONSTRAINT pushes_pk PRIMARY KEY (tenant_id, session_id, role, seq),
  CONSTRAINT pushes_role_ck CHECK (role IN ('helper','sharer')),
  CONSTRAINT pushes_session_fk FOREIGN KEY (tenant_id, session_id) REFERENCES sessions (tenant_id, id) ON DELETE CASCADE);

-- Sliding windows of attempts: times are unix milliseconds, oldest first.
CREATE TABLE limits (
  tenant_id TEXT NOT NULL, kind TEXT NOT NULL, subject TEXT NOT NULL, times TEXT NOT NULL DEFAULT '', expires_on BIGINT NOT NULL,
  CONSTRAINT limits_pk PRIMARY KEY (tenant_id, kind, subject),
  CONSTRAINT limits_tenant_fk FOREIGN KEY (tenant_id) REFERENCES tenants (tenant_id) ON DELETE CASCADE);
CREATE INDEX limits_by_expiry ON limits (expires_on);

CREATE TABLE admins (
  tenant_id TEXT NOT NULL, oid TEXT NOT NULL, role TEXT NOT NULL, granted_at BIGINT NOT NULL, granted_by TEXT NOT NULL,
  CONSTRAINT admins_pk PRIMARY KEY (tenant_id, oid),
  CONSTRAINT admins_role_ck CHECK (role IN ('admin','operator','auditor')),
  CONSTRAINT admins_tenant_fk FOREIGN KEY (tenant_id) REFERENCES tenants (tenant_id) ON DELETE CASCADE);

-- +goose Down
DROP TABLE admins;
DROP TABLE limits;
DROP TABLE pushes;
DROP INDEX sessions_to_look_at;
ALTER TABLE sessions DROP COLUMN look_at;
ALTER TABLE sessions DROP COLUMN live;
