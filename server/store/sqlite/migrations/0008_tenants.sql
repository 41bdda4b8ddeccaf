-- What is a tenant's, counted for its quotas and for bills; see TenantUsage in
-- server/store/job_store.h.
ALTER TABLE jobs ADD COLUMN device_ms INTEGER NOT NULL DEFAULT 0;
ALTER TABLE jobs ADD COLUMN pictures INTEGER NOT NULL DEFAULT 0;
-- 0: not known, as of pictures from before.
ALTER TABLE asset_owners ADD COLUMN bytes INTEGER NOT NULL DEFAULT 0;
CREATE INDEX asset_owners_unsized ON asset_owners (digest) WHERE bytes = 0;

-- A tenant without a row has used nothing and stores nothing.
CREATE TABLE tenant_usage (
  tenant TEXT NOT NULL PRIMARY KEY,
  device_ms INTEGER NOT NULL,
  pictures INTEGER NOT NULL,
  stored_bytes INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TRIGGER jobs_used AFTER UPDATE OF device_ms, pictures ON jobs
  WHEN NEW.device_ms <> OLD.device_ms OR NEW.pictures <> OLD.pictures BEGIN
  INSERT INTO tenant_usage VALUES (NEW.tenant, NEW.device_ms - OLD.device_ms,
                                   NEW.pictures - OLD.pictures, 0)
    ON CONFLICT (tenant) DO UPDATE SET device_ms = device_ms + excluded.device_ms,
                                       pictures = pictures + excluded.pictures;
END;
CREATE TRIGGER assets_owned AFTER INSERT ON asset_owners WHEN NEW.bytes > 0 BEGIN
  INSERT INTO tenant_usage VALUES (NEW.tenant, 0, 0, NEW.bytes)
    ON CONFLICT (tenant) DO UPDATE SET stored_bytes = stored_bytes + excluded.stored_bytes;
END;
CREATE TRIGGER assets_sized AFTER UPDATE OF bytes ON asset_owners WHEN NEW.bytes <> OLD.bytes BEGIN
  INSERT INTO tenant_usage VALUES (NEW.tenant, 0, 0, NEW.bytes - OLD.bytes)
    ON CONFLICT (tenant) DO UPDATE SET stored_bytes = stored_bytes + excluded.stored_bytes;
END;
CREATE TRIGGER assets_disowned AFTER DELETE ON asset_owners WHEN OLD.bytes > 0 BEGIN
  UPDATE tenant_usage SET stored_bytes = stored_bytes - OLD.bytes WHERE tenant = OLD.tenant;
  DELETE FROM tenant_usage
    WHERE tenant = OLD.tenant AND stored_bytes = 0 AND device_ms = 0 AND pictures = 0;
END;

-- As many rows as there are running jobs: what a tenant runs, and which of it has no lease.
DROP INDEX jobs_running;
CREATE INDEX jobs_running_by_tenant ON jobs (tenant, step_pixels, state) WHERE state = 2;

-- What a lane's jobs cost, beside how many they are.
ALTER TABLE lanes ADD COLUMN step_pixels INTEGER NOT NULL DEFAULT 0;
UPDATE lanes SET step_pixels = (SELECT SUM(step_pixels) FROM jobs
  WHERE state = 1 AND jobs.model = lanes.model AND jobs.tenant = lanes.tenant);
DROP TRIGGER jobs_queued_first;
DROP TRIGGER jobs_queued_again;
DROP TRIGGER jobs_left_queue;
CREATE TRIGGER jobs_queued_first AFTER INSERT ON jobs WHEN NEW.state = 1 BEGIN
  INSERT INTO lanes VALUES (NEW.model, NEW.tenant, 1,
      COALESCE((SELECT turn FROM lanes WHERE tenant = NEW.tenant LIMIT 1),
               (SELECT MAX(turn) + 1 FROM lanes), 1), NEW.step_pixels)
    ON CONFLICT (model, tenant) DO UPDATE SET queued = queued + 1,
                                              step_pixels = step_pixels + excluded.step_pixels;
END;
CREATE TRIGGER jobs_queued_again AFTER UPDATE OF state ON jobs
  WHEN NEW.state = 1 AND OLD.state <> 1 BEGIN
  INSERT INTO lanes VALUES (NEW.model, NEW.tenant, 1,
      COALESCE((SELECT turn FROM lanes WHERE tenant = NEW.tenant LIMIT 1),
               (SELECT MAX(turn) + 1 FROM lanes), 1), NEW.step_pixels)
    ON CONFLICT (model, tenant) DO UPDATE SET queued = queued + 1,
                                              step_pixels = step_pixels + excluded.step_pixels;
END;
CREATE TRIGGER jobs_left_queue AFTER UPDATE OF state ON jobs
  WHEN OLD.state = 1 AND NEW.state <> 1 BEGIN
  UPDATE lanes SET queued = queued - 1, step_pixels = step_pixels - OLD.step_pixels
    WHERE model = OLD.model AND tenant = OLD.tenant;
  DELETE FROM lanes WHERE model = OLD.model AND tenant = OLD.tenant AND queued = 0;
END;
