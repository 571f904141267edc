-- +goose Up
-- Portable subset: TEXT ids, BIGINT unix milliseconds, INTEGER 0/1. Every key and every
-- foreign key carries the tenant, so that no row can point into another organisation.
CREATE TABLE tenants (
  tenant_id TEXT NOT NULL, created_at BIGINT NOT NULL, policy_rev BIGINT NOT NULL DEFAULT 0,
  CONSTRAINT tenants_pk PRIMARY KEY (tenant_id));

CREATE TABLE tenant_settings (
  tenant_id TEXT NOT NULL, licence TEXT NOT NULL DEFAULT 'none',
  enabled INTEGER NOT NULL DEFAULT 0, allow_unenrolled INTEGER NOT NULL DEFAULT 0,
  chat_disabled INTEGER NOT NULL DEFAULT 0, unattended INTEGER NOT NULL DEFAULT 0,
  elevation_unverified INTEGER NOT NULL DEFAULT 0,
  updated_at BIGINT NOT NULL, updated_by TEXT NOT NULL, row_version BIGINT NOT NULL DEFAULT 1,
  CONSTRAINT tenant_settings_pk PRIMARY KEY (tenant_id),
  CONSTRAINT tenant_settings_licence_ck CHECK (licence IN ('none','trial','active')),
  CONSTRAINT tenant_settings_tenant_fk FOREIGN KEY (tenant_id) REFERENCES tenants (tenant_id) ON DELETE CASCADE);

CREATE TABLE roles (
  tenant_id TEXT NOT NULL, id TEXT NOT NULL, name TEXT NOT NULL, built_in INTEGER NOT NULL DEFAULT 0,
  row_version BIGINT NOT NULL DEFAULT 1,
  CONSTRAINT roles_pk PRIMARY KEY (tenant_id, id), CONSTRAINT roles_name_uq UNIQUE (tenant_id, name),
  CONSTRAINT roles_tenant_fk FOREIGN KEY (tenant_id) REFERENCES tenants (tenant_id) ON DELETE CASCADE);

CREATE TABLE role_permissions (
  tenant_id TEXT NOT NULL, role_id TEXT NOT NULL, permission TEXT NOT NULL,
  CONSTRAINT role_permissions_pk PRIMARY KEY (tenant_id, role_id, permission),
  CONSTRAINT role_permissions_ck CHECK (permission IN ('offer','view','control','elevation','unattended')),
  CONSTRAINT role_permissions_role_fk FOREIGN KEY (tenant_id, role_id) REFERENCES roles (tenant_id, id) ON DELETE CASCADE);

CREATE TABLE assignments (
  tenant_id TEXT NOT NULL, id TEXT NOT NULL, role_id TEXT NOT NULL, name TEXT NOT NULL, description TEXT NOT NULL DEFAULT '',
  all_users INTEGER NOT NULL DEFAULT 0, all_devices INTEGER NOT NULL DEFAULT 0, row_version BIGINT NOT NULL DEFAULT 1,
  CONSTRAINT assignments_pk PRIMARY KEY (tenant_id, id), CONSTRAINT assignments_name_uq UNIQUE (tenant_id, name),
  CONSTRAINT assignments_role_fk FOREIGN KEY (tenant_id, role_id) REFERENCES roles (tenant_id, id) ON DELETE CASCADE);

CREATE TABLE assignment_groups (
  tenant_id TEXT NOT NULL, assignment_id TEXT NOT NULL, kind TEXT NOT NULL, group_id TEXT NOT NULL,
  CONSTRAINT assignment_groups_pk PRIMARY KEY (tenant_id, assignment_id, kind, group_id),
  CONSTRAINT assignment_groups_ck CHECK (kind IN ('admin','user','device') AND group_id <> ''),
  CONSTRAINT assignment_groups_assignment_fk FOREIGN KEY (tenant_id, assignment_id)
    REFERENCES assignments (tenant_id, id) ON DELETE CASCADE);

CREATE TABLE sessions (
  tenant_id TEXT NOT NULL, id TEXT NOT NULL, state TEXT NOT NULL,
  helper_oid TEXT NOT NULL, helper_name TEXT NOT NULL DEFAULT '',
  sharer_oid TEXT NOT NULL DEFAULT '', sharer_name TEXT NOT NULL DEFAULT '',
  device_id TEXT NOT NULL DEFAULT '', device_name TEXT NOT NULL DEFAULT '', device_os TEXT NOT NULL DEFAULT '',
  device_hint TEXT NOT NULL DEFAULT '', device_state TEXT NOT NULL DEFAULT 'unknown', device_proof TEXT NOT NULL DEFAULT 'none',
  mode TEXT NOT NULL, sid TEXT NOT NULL DEFAULT '', digest TEXT NOT NULL DEFAULT '', card_h TEXT NOT NULL DEFAULT '', card_s TEXT NOT NULL DEFAULT '',
  granted INTEGER NOT NULL DEFAULT 0, used INTEGER NOT NULL DEFAULT 0, grant_seq BIGINT NOT NULL DEFAULT 0,
  granted_until BIGINT NOT NULL DEFAULT 0, binding TEXT NOT NULL DEFAULT '',
  created_at BIGINT NOT NULL, started_at BIGINT, ended_at BIGINT, end_reason TEXT NOT NULL DEFAULT '', expires_on BIGINT NOT NULL,
  CONSTRAINT sessions_pk PRIMARY KEY (tenant_id, id),
  CONSTRAINT sessions_state_ck CHECK (state IN ('waiting','claimed','met','ended')),
  CONSTRAINT sessions_tenant_fk FOREIGN KEY (tenant_id) REFERENCES tenants (tenant_id) ON DELETE CASCADE);
CREATE INDEX sessions_by_time ON sessions (tenant_id, created_at);
CREATE INDEX sessions_by_expiry ON sessions (expires_on);

CREATE TABLE rendezvous (
  tenant_id TEXT NOT NULL, session_id TEXT NOT NULL, locator TEXT NOT NULL, helper_oid TEXT NOT NULL, nh TEXT NOT NULL,
  live INTEGER NOT NULL, used_by TEXT NOT NULL DEFAULT '', created_at BIGINT NOT NULL, expires_at BIGINT NOT NULL,
  CONSTRAINT rendezvous_pk PRIMARY KEY (tenant_id, session_id),
  CONSTRAINT rendezvous_session_fk FOREIGN KEY (tenant_id, session_id) REFERENCES sessions (tenant_id, id) ON DELETE CASCADE);
-- A locator is unique among the live codes of a tenant, and a helper has one live code.
CREATE UNIQUE INDEX rendezvous_live_locator ON rendezvous (tenant_id, locator) WHERE live = 1;
CREATE UNIQUE INDEX rendezvous_live_helper ON rendezvous (tenant_id, helper_oid) WHERE live = 1;
CREATE INDEX rendezvous_by_locator ON rendezvous (tenant_id, locator);

CREATE TABLE resume_tokens (
  tenant_id TEXT NOT NULL, session_id TEXT NOT NULL, role TEXT NOT NULL, token_hash TEXT NOT NULL,
  CONSTRAINT resume_tokens_pk PRIMARY KEY (tenant_id, session_id, role),
  CONSTRAINT resume_tokens_role_ck CHECK (role IN ('helper','sharer')),
  CONSTRAINT resume_tokens_session_fk FOREIGN KEY (tenant_id, session_id) REFERENCES sessions (tenant_id, id) ON DELETE CASCADE);

CREATE TABLE audit (
  tenant_id TEXT NOT NULL, seq BIGINT NOT NULL, at BIGINT NOT NULL, prev TEXT NOT NULL, commitment TEXT NOT NULL, hash TEXT NOT NULL,
  salt TEXT, payload TEXT, expires_on BIGINT NOT NULL,
  CONSTRAINT audit_pk PRIMARY KEY (tenant_id, seq),
  CONSTRAINT audit_tenant_fk FOREIGN KEY (tenant_id) REFERENCES tenants (tenant_id) ON DELETE CASCADE);
CREATE INDEX audit_by_expiry ON audit (expires_on);

CREATE TABLE signing_keys (
  tenant_id TEXT NOT NULL, kid TEXT NOT NULL, created_at BIGINT NOT NULL, retired_at BIGINT,
  CONSTRAINT signing_keys_pk PRIMARY KEY (tenant_id, kid),
  CONSTRAINT signing_keys_tenant_fk FOREIGN KEY (tenant_id) REFERENCES tenants (tenant_id) ON DELETE CASCADE);

CREATE TABLE key_statements (
  tenant_id TEXT NOT NULL, seq BIGINT NOT NULL, jws TEXT NOT NULL, kids TEXT NOT NULL, created_at BIGINT NOT NULL, expires_at BIGINT NOT NULL,
  CONSTRAINT key_statements_pk PRIMARY KEY (tenant_id, seq),
  CONSTRAINT key_statements_tenant_fk FOREIGN KEY (tenant_id) REFERENCES tenants (tenant_id) ON DELETE CASCADE);

-- +goose Down
DROP TABLE key_statements;
DROP TABLE signing_keys;
DROP TABLE audit;
DROP TABLE resume_tokens;
DROP TABLE rendezvous;
DROP TABLE sessions;
DROP TABLE assignment_groups;
DROP TABLE assignments;
DROP TABLE role_permissions;
DROP TABLE roles;
DROP TABLE tenant_settings;
DROP TABLE tenants;
