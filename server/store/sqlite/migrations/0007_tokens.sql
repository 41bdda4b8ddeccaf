-- Who may call: see server/store/token_store.h. The texts of tokens are kept nowhere.
CREATE TABLE tokens (
  id TEXT NOT NULL PRIMARY KEY,
  hash TEXT NOT NULL,
  tenant TEXT NOT NULL,
  rights INTEGER NOT NULL,
  note TEXT NOT NULL,
  create_time_ms INTEGER NOT NULL,
  expire_time_ms INTEGER NOT NULL,
  revoke_time_ms INTEGER NOT NULL
) WITHOUT ROWID;
-- The pictures of one tenant, in the order of its list.
CREATE INDEX asset_owners_by_tenant ON asset_owners (tenant, create_time_ms DESC, digest);
