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

-- +goose Down
DROP TABLE device_keys;
DROP TABLE enrol_tokens;
