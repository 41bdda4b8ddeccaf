-- Which tenants stored which picture. A row goes with the picture.
CREATE TABLE asset_owners (
  digest TEXT NOT NULL,
  tenant TEXT NOT NULL,
  create_time_ms INTEGER NOT NULL,
  PRIMARY KEY (digest, tenant)
) WITHOUT ROWID;
