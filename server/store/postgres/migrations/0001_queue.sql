-- What server/store/sqlite/migrations make, for many connections at once: counters are spread over
-- rows, because a row that every transaction writes lets one at a time through, commit included.

-- `state` holds the numbers of atelier.v1.JobState: 1 queued, 2 running, 3.. final.
CREATE TABLE jobs (
  sequence BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  id TEXT COLLATE "C" NOT NULL UNIQUE,
  tenant TEXT COLLATE "C" NOT NULL,
  spec BYTEA NOT NULL,
  model TEXT COLLATE "C" NOT NULL,
  batch_key TEXT COLLATE "C" NOT NULL,
  state BIGINT NOT NULL,
  revision BIGINT NOT NULL,
  attempt BIGINT NOT NULL,
  lost_workers BIGINT NOT NULL,
  cancel_requested BIGINT NOT NULL,
  rank_ms BIGINT NOT NULL,
  queued_ms BIGINT NOT NULL,
  expires_ms BIGINT NOT NULL,
  started_ms BIGINT NOT NULL,
  ended_ms BIGINT NOT NULL,
  create_time_ms BIGINT NOT NULL,
  start_time_ms BIGINT NOT NULL,
  end_time_ms BIGINT NOT NULL,
  outcome BYTEA NOT NULL,
  error_reason TEXT COLLATE "C" NOT NULL,
  error_message TEXT NOT NULL,
  request_id TEXT COLLATE "C" NOT NULL,
  request_hash TEXT COLLATE "C" NOT NULL,
  traceparent TEXT NOT NULL,
  pixels BIGINT NOT NULL,
  step_pixels BIGINT NOT NULL,
  device_ms BIGINT NOT NULL,
  pictures BIGINT NOT NULL
);
CREATE UNIQUE INDEX jobs_by_request ON jobs (tenant, request_id) WHERE request_id <> '';
-- Partial: they stay as small as the queue, however many finished jobs there are.
CREATE INDEX jobs_queued_by_lane ON jobs (model, tenant, rank_ms, sequence) WHERE state = 1;
CREATE INDEX jobs_queued_by_batch ON jobs (batch_key, tenant, rank_ms, sequence) WHERE state = 1;
CREATE INDEX jobs_queued_by_expiry ON jobs (expires_ms) WHERE state = 1 AND expires_ms > 0;
CREATE INDEX jobs_running_by_tenant ON jobs (tenant, step_pixels) WHERE state = 2;
CREATE INDEX jobs_finished_by_end ON jobs (ended_ms, sequence) WHERE state >= 3;
CREATE INDEX jobs_finished_by_tenant ON jobs (tenant) WHERE state >= 3;
-- Rows that are written several times each: cleared up sooner than tables are by default.
ALTER TABLE jobs SET (autovacuum_vacuum_scale_factor = 0.02, fillfactor = 90);

-- Leases of running jobs, see server/store/lease.h.
CREATE TABLE leases (
  job BIGINT PRIMARY KEY REFERENCES jobs (sequence) ON DELETE CASCADE,
  token BYTEA NOT NULL,
  worker TEXT COLLATE "C" NOT NULL,
  alone BIGINT NOT NULL,
  deadline_ms BIGINT NOT NULL
);
CREATE INDEX leases_by_worker ON leases (worker);
CREATE INDEX leases_by_deadline ON leases (deadline_ms);

-- Which of a counter's rows the present connection writes.
CREATE FUNCTION counter_slot() RETURNS BIGINT LANGUAGE SQL STABLE AS
  'SELECT (pg_backend_pid() % 16)::BIGINT';

-- How many jobs there are in which state: the sum of the rows.
CREATE TABLE totals (
  slot BIGINT PRIMARY KEY,
  queued BIGINT NOT NULL,
  running BIGINT NOT NULL,
  finished BIGINT NOT NULL
);
INSERT INTO totals SELECT slot, 0, 0, 0 FROM generate_series(0, 15) AS slot;

-- What a tenant has waiting: the sum of the rows. One of them alone may be below zero.
CREATE TABLE tenant_queues (
  tenant TEXT COLLATE "C" NOT NULL,
  slot BIGINT NOT NULL,
  queued BIGINT NOT NULL,
  step_pixels BIGINT NOT NULL,
  PRIMARY KEY (tenant, slot)
);

-- A model and a tenant with jobs queued for it. All rows of a tenant have the same turn: the lowest is
-- served next. The server deletes the row with the last of the jobs (queue_rows.cc).
CREATE TABLE lanes (
  model TEXT COLLATE "C" NOT NULL,
  tenant TEXT COLLATE "C" NOT NULL,
  turn BIGINT NOT NULL,
  PRIMARY KEY (model, tenant)
);
CREATE INDEX lanes_by_turn ON lanes (model, turn, tenant);
CREATE INDEX lanes_by_last_turn ON lanes (turn);
CREATE INDEX lanes_by_tenant ON lanes (tenant);

-- Makes the lane unless it is there, and keeps it from being deleted until the transaction ends.
CREATE FUNCTION enter_lane(of_model TEXT, of_tenant TEXT) RETURNS VOID LANGUAGE plpgsql AS $$
BEGIN
  LOOP
    PERFORM 1 FROM lanes WHERE model = of_model AND tenant = of_tenant FOR KEY SHARE;
    IF FOUND THEN RETURN; END IF;
    INSERT INTO lanes VALUES (of_model, of_tenant,
        COALESCE((SELECT turn FROM lanes WHERE tenant = of_tenant LIMIT 1),
                 (SELECT MAX(turn) + 1 FROM lanes), 1))
      ON CONFLICT DO NOTHING;
  END LOOP;
END $$;

-- Counters and lanes follow the jobs by themselves.
CREATE FUNCTION count_jobs(queued_more BIGINT, running_more BIGINT, finished_more BIGINT,
                           of_tenant TEXT, cost BIGINT) RETURNS VOID LANGUAGE plpgsql AS $$
BEGIN
  UPDATE totals SET queued = queued + queued_more, running = running + running_more,
                    finished = finished + finished_more WHERE slot = counter_slot();
  IF queued_more <> 0 THEN
    INSERT INTO tenant_queues VALUES (of_tenant, counter_slot(), queued_more, queued_more * cost)
      ON CONFLICT (tenant, slot) DO UPDATE
        SET queued = tenant_queues.queued + excluded.queued,
            step_pixels = tenant_queues.step_pixels + excluded.step_pixels;
  END IF;
END $$;
CREATE FUNCTION job_inserted() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
  PERFORM count_jobs((NEW.state = 1)::INT, (NEW.state = 2)::INT, (NEW.state >= 3)::INT, NEW.tenant,
                     NEW.step_pixels);
  IF NEW.state = 1 THEN PERFORM enter_lane(NEW.model, NEW.tenant); END IF;
  RETURN NULL;
END $$;
CREATE FUNCTION job_moved() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
  PERFORM count_jobs((NEW.state = 1)::INT - (OLD.state = 1)::INT,
                     (NEW.state = 2)::INT - (OLD.state = 2)::INT,
                     (NEW.state >= 3)::INT - (OLD.state >= 3)::INT, NEW.tenant, NEW.step_pixels);
  IF NEW.state = 1 THEN PERFORM enter_lane(NEW.model, NEW.tenant); END IF;
  RETURN NULL;
END $$;
CREATE FUNCTION job_deleted() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
  PERFORM count_jobs(-(OLD.state = 1)::INT, -(OLD.state = 2)::INT, -(OLD.state >= 3)::INT, OLD.tenant,
                     OLD.step_pixels);
  RETURN NULL;
END $$;
CREATE TRIGGER jobs_inserted AFTER INSERT ON jobs FOR EACH ROW EXECUTE FUNCTION job_inserted();
CREATE TRIGGER jobs_moved AFTER UPDATE OF state ON jobs FOR EACH ROW WHEN (OLD.state <> NEW.state)
  EXECUTE FUNCTION job_moved();
CREATE TRIGGER jobs_deleted AFTER DELETE ON jobs FOR EACH ROW EXECUTE FUNCTION job_deleted();

-- Models that workers ever held: a serialised atelier.v1.Model each.
CREATE TABLE models (
  name TEXT COLLATE "C" PRIMARY KEY,
  model BYTEA NOT NULL
);

-- Which tenants stored which picture. A row goes with the picture. Bytes of 0: not known.
CREATE TABLE asset_owners (
  digest TEXT COLLATE "C" NOT NULL,
  tenant TEXT COLLATE "C" NOT NULL,
  create_time_ms BIGINT NOT NULL,
  bytes BIGINT NOT NULL,
  PRIMARY KEY (digest, tenant)
);
CREATE INDEX asset_owners_by_tenant ON asset_owners (tenant, create_time_ms DESC, digest);
CREATE INDEX asset_owners_unsized ON asset_owners (digest) WHERE bytes = 0;

-- What is a tenant's, counted for its quotas and for bills: the sum of the rows; see TenantUsage in
-- server/store/job_store.h.
CREATE TABLE tenant_usage (
  tenant TEXT COLLATE "C" NOT NULL,
  slot BIGINT NOT NULL,
  device_ms BIGINT NOT NULL,
  pictures BIGINT NOT NULL,
  stored_bytes BIGINT NOT NULL,
  PRIMARY KEY (tenant, slot)
);
CREATE FUNCTION count_usage(of_tenant TEXT, more_ms BIGINT, more_pictures BIGINT, more_bytes BIGINT)
  RETURNS VOID LANGUAGE SQL AS $$
  INSERT INTO tenant_usage VALUES (of_tenant, counter_slot(), more_ms, more_pictures, more_bytes)
    ON CONFLICT (tenant, slot) DO UPDATE
      SET device_ms = tenant_usage.device_ms + excluded.device_ms,
          pictures = tenant_usage.pictures + excluded.pictures,
          stored_bytes = tenant_usage.stored_bytes + excluded.stored_bytes
$$;
CREATE FUNCTION job_used() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
  PERFORM count_usage(NEW.tenant, NEW.device_ms - OLD.device_ms, NEW.pictures - OLD.pictures, 0);
  RETURN NULL;
END $$;
CREATE TRIGGER jobs_used AFTER UPDATE OF device_ms, pictures ON jobs FOR EACH ROW
  WHEN (NEW.device_ms <> OLD.device_ms OR NEW.pictures <> OLD.pictures) EXECUTE FUNCTION job_used();
CREATE FUNCTION asset_counted() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN
    PERFORM count_usage(NEW.tenant, 0, 0, NEW.bytes);
  ELSIF TG_OP = 'UPDATE' THEN
    PERFORM count_usage(NEW.tenant, 0, 0, NEW.bytes - OLD.bytes);
  ELSE
    PERFORM count_usage(OLD.tenant, 0, 0, -OLD.bytes);
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER assets_counted AFTER INSERT OR DELETE OR UPDATE OF bytes ON asset_owners
  FOR EACH ROW EXECUTE FUNCTION asset_counted();

-- Who may call: see server/store/token_store.h. The texts of tokens are kept nowhere.
CREATE TABLE tokens (
  id TEXT COLLATE "C" PRIMARY KEY,
  hash TEXT COLLATE "C" NOT NULL,
  tenant TEXT COLLATE "C" NOT NULL,
  rights BIGINT NOT NULL,
  note TEXT NOT NULL,
  create_time_ms BIGINT NOT NULL,
  expire_time_ms BIGINT NOT NULL,
  revoke_time_ms BIGINT NOT NULL
);
