-- +goose Up
-- The endpoint's own directory. object is what a person's tokens name them by; *_key columns
-- are what is compared without regard to case. claimed_at is when the newest token was issued that
-- a person was read from. Members are people, groups or devices, so their
-- ids have no foreign key: whoever removes one removes its rows here.
ALTER TABLE tenants ADD COLUMN directory_rev BIGINT NOT NULL DEFAULT 0;

CREATE TABLE dir_people (
  tenant_id TEXT NOT NULL, id TEXT NOT NULL, object TEXT NOT NULL, username TEXT NOT NULL, username_key TEXT NOT NULL,
  external_id TEXT NOT NULL DEFAULT '', name TEXT NOT NULL, name_key TEXT NOT NULL, given TEXT NOT NULL DEFAULT '', family TEXT NOT NULL DEFAULT '',
  job TEXT NOT NULL DEFAULT '', company TEXT NOT NULL DEFAULT '', email TEXT NOT NULL DEFAULT '',
  guest INTEGER NOT NULL DEFAULT 0, active INTEGER NOT NULL DEFAULT 0, source TEXT NOT NULL,
  created_at BIGINT NOT NULL, changed_at BIGINT NOT NULL, claimed_at BIGINT NOT NULL DEFAULT 0, row_version BIGINT NOT NULL DEFAULT 1,
  CONSTRAINT dir_people_pk PRIMARY KEY (tenant_id, id), CONSTRAINT dir_people_object_uq UNIQUE (tenant_id, object),
  CONSTRAINT dir_people_username_uq UNIQUE (tenant_id, username_key),
  CONSTRAINT dir_people_source_ck CHECK (source IN ('scim','claims','console')),
  CONSTRAINT dir_people_tenant_fk FOREIGN KEY (tenant_id) REFERENCES tenants (tenant_id) ON DELETE CASCADE);
CREATE INDEX dir_people_by_name ON dir_people (tenant_id, name_key, id);
CREATE INDEX dir_people_by_external ON dir_people (tenant_id, external_id);

CREATE TABLE dir_groups (
  tenant_id TEXT NOT NULL, id TEXT NOT NULL, name TEXT NOT NULL, name_key TEXT NOT NULL, external_id TEXT NOT NULL DEFAULT '', source TEXT NOT NULL,
  created_at BIGINT NOT NULL, changed_at BIGINT NOT NULL, row_version BIGINT NOT NULL DEFAULT 1,
  CONSTRAINT dir_groups_pk PRIMARY KEY (tenant_id, id),
  CONSTRAINT dir_groups_source_ck CHECK (source IN ('scim','claims','console')),
  CONSTRAINT dir_groups_tenant_fk FOREIGN KEY (tenant_id) REFERENCES tenants (tenant_id) ON DELETE CASCADE);
CREATE INDEX dir_groups_by_name ON dir_groups (tenant_id, name_key, id);
CREATE INDEX dir_groups_by_external ON dir_groups (tenant_id, external_id);

CREATE TABLE dir_devices (
  tenant_id TEXT NOT NULL, id TEXT NOT NULL, name TEXT NOT NULL, name_key TEXT NOT NULL, os TEXT NOT NULL DEFAULT '', owner TEXT NOT NULL DEFAULT '',
  enrolled INTEGER NOT NULL DEFAULT 0, registered INTEGER NOT NULL DEFAULT 1, state TEXT NOT NULL DEFAULT 'unknown', created_at BIGINT NOT NULL, changed_at BIGINT NOT NULL,
  CONSTRAINT dir_devices_pk PRIMARY KEY (tenant_id, id),
  CONSTRAINT dir_devices_tenant_fk FOREIGN KEY (tenant_id) REFERENCES tenants (tenant_id) ON DELETE CASCADE);
CREATE INDEX dir_devices_by_name ON dir_devices (tenant_id, name_key, id);
CREATE INDEX dir_devices_by_owner ON dir_devices (tenant_id, owner);

CREATE TABLE dir_members (
  tenant_id TEXT NOT NULL, group_id TEXT NOT NULL, kind TEXT NOT NULL, member_id TEXT NOT NULL, source TEXT NOT NULL,
  CONSTRAINT dir_members_pk PRIMARY KEY (tenant_id, group_id, kind, member_id),
  CONSTRAINT dir_members_kind_ck CHECK (kind IN ('person','group','device')),
  CONSTRAINT dir_members_group_fk FOREIGN KEY (tenant_id, group_id) REFERENCES dir_groups (tenant_id, id) ON DELETE CASCADE);
-- With the group in it the index covers what decisions ask; SQLite would scan the primary key rather than use one that does not.
CREATE INDEX dir_members_by_member ON dir_members (tenant_id, kind, member_id, group_id);

-- Of a bearer token only the SHA-256 is kept.
CREATE TABLE scim_tokens (
  tenant_id TEXT NOT NULL, id TEXT NOT NULL, name TEXT NOT NULL, hash TEXT NOT NULL, created_at BIGINT NOT NULL, expires_at BIGINT NOT NULL,
  CONSTRAINT scim_tokens_pk PRIMARY KEY (tenant_id, id), CONSTRAINT scim_tokens_hash_uq UNIQUE (hash),
  CONSTRAINT scim_tokens_tenant_fk FOREIGN KEY (tenant_id) REFERENCES tenants (tenant_id) ON DELETE CASCADE);

-- +goose Down
DROP TABLE scim_tokens;
DROP TABLE dir_members;
DROP TABLE dir_devices;
DROP TABLE dir_groups;
DROP TABLE dir_people;
ALTER TABLE tenants DROP COLUMN directory_rev;
