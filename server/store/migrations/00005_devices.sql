-- +goose Up
-- Devices that were enrolled with a key of their own. A token is single use and only its hash is
-- kept; the row of a revoked device stays, so that it can be told from one that never was.
CREATE TABLE enrol_tokens (
  tenant_id TEXT NOT NULL, id TEXT NOT NULL, token_hash TEXT NOT NULL, device_id TEXT NOT NULL, name TEXT NOT NULL, owner_oid TEXT NOT NULL,
  group_ids TEXT NOT NULL, created_at BIGINT NOT NULL, created_by TEXT NOT NULL, expires_at BIGINT NOT NULL,
  CONSTRAINT enrol_tokens_pk PRIMARY KEY (tenant_id, id), CONSTRAINT enrol_tokens_hash_uq UNIQUE (tenant_id, token_hash),
  CONSTRAINT enrol_tokens_tenant_fk FOREIGN KEY (tenant_id) REFERENCES tenants (tenant_id) ON DELETE CASCADE);

CREATE TABLE device_keys (
  tenant_id TEXT NOT NULL, device_id TEXT NOT NULL, public_key TEXT NOT NULL, name TEXT NOT NULL, os TEXT NOT NULL, owner_oid TEXT NOT NULL,
  group_ids TEXT NOT NULL, enrolled_at BIGINT NOT NULL, enrolled_by TEXT NOT NULL, seen_at BIGINT NOT NULL DEFAULT 0,
  revoked_at BIGINT NOT NULL DEFAULT 0, revoked_by TEXT NOT NULL DEFAULT '',
  CONSTRAINT device_keys_pk PRIMARY KEY (tenant_id, device_id),
  CONSTRAINT device_keys_tenant_fk FOREIGN KEY (tenant_id) REFERENCES tenants (tenant_id) ON DELETE CASCADE);
CREATE INDEX device_keys_by_owner ON device_keys (tenant_id, owner_oid);

-- A ticket opens a session with one device for one helper, once. Only its hash is kept.
CREATE TABLE launch_tickets (
  tenant_id TEXT NOT NULL, ticket_hash TEXT NOT NULL, helper_oid TEXT NOT NULL, device_id TEXT NOT NULL, expires_at BIGINT NOT NULL,
  CONSTRAINT launch_tickets_pk PRIMARY KEY (tenant_id, ticket_hash),
  CONSTRAINT launch_tickets_tenant_fk FOREIGN KEY (tenant_id) REFERENCES tenants (tenant_id) ON DELETE CASCADE);

CREATE INDEX sessions_ringing ON sessions (tenant_id) WHERE state = 'waiting' AND mode = 'sas';

-- Which node has the connection on which a device waits to be helped. about is the hub's own text.
-- A row counts while its node says that it lives.
CREATE TABLE waiting_devices (
  tenant_id TEXT NOT NULL, device_id TEXT NOT NULL, node TEXT NOT NULL, oid TEXT NOT NULL, about TEXT NOT NULL,
  CONSTRAINT waiting_devices_pk PRIMARY KEY (tenant_id, device_id),
  CONSTRAINT waiting_devices_tenant_fk FOREIGN KEY (tenant_id) REFERENCES tenants (tenant_id) ON DELETE CASCADE);
CREATE TABLE nodes (
  tenant_id TEXT NOT NULL, node TEXT NOT NULL, seen_at BIGINT NOT NULL,
  CONSTRAINT nodes_pk PRIMARY KEY (tenant_id, node),
  CONSTRAINT nodes_tenant_fk FOREIGN KEY (tenant_id) REFERENCES tenants (tenant_id) ON DELETE CASCADE);

-- +goose Down
DROP TABLE nodes;
DROP TABLE waiting_devices;
DROP INDEX sessions_ringing;
DROP TABLE launch_tickets;
DROP TABLE device_keys;
DROP TABLE enrol_tokens;
