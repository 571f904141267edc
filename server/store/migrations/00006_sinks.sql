-- +goose Up
-- How far each sender of the audit log to another system has come, and which node sends now.
CREATE TABLE sinks (
  tenant_id TEXT NOT NULL, name TEXT NOT NULL, seq BIGINT NOT NULL DEFAULT 0, holder TEXT NOT NULL DEFAULT '', held_until BIGINT NOT NULL DEFAULT 0,
  CONSTRAINT sinks_pk PRIMARY KEY (tenant_id, name),
  CONSTRAINT sinks_tenant_fk FOREIGN KEY (tenant_id) REFERENCES tenants (tenant_id) ON DELETE CASCADE);

-- +goose Down
DROP TABLE sinks;
