-- Tenants that take turns, priority, expiry, retention; see server/jobs/job_store.h for the order.
ALTER TABLE jobs ADD COLUMN tenant TEXT NOT NULL DEFAULT 'default';
ALTER TABLE jobs ADD COLUMN revision INTEGER NOT NULL DEFAULT 1;
ALTER TABLE jobs ADD COLUMN lost_workers INTEGER NOT NULL DEFAULT 0;
ALTER TABLE jobs ADD COLUMN rank_ms INTEGER NOT NULL DEFAULT 0;
ALTER TABLE jobs ADD COLUMN queued_ms INTEGER NOT NULL DEFAULT 0;
ALTER TABLE jobs ADD COLUMN expires_ms INTEGER NOT NULL DEFAULT 0;
ALTER TABLE jobs ADD COLUMN started_ms INTEGER NOT NULL DEFAULT 0;
ALTER TABLE jobs ADD COLUMN ended_ms INTEGER NOT NULL DEFAULT 0;
UPDATE jobs SET rank_ms = create_time_ms, queued_ms = create_time_ms,
                started_ms = start_time_ms, ended_ms = end_time_ms;

DROP INDEX jobs_by_request;
DROP INDEX jobs_queued_by_age;
DROP INDEX jobs_queued_by_model;
DROP INDEX jobs_queued_by_batch;
CREATE UNIQUE INDEX jobs_by_request ON jobs (tenant, request_id) WHERE request_id <> '';
-- Partial: they stay as small as the queue, however many finished jobs there are.
CREATE INDEX jobs_queued_by_lane ON jobs (model, tenant, rank_ms, sequence) WHERE state = 1;
CREATE INDEX jobs_queued_by_batch ON jobs (batch_key, tenant, rank_ms, sequence) WHERE state = 1;
CREATE INDEX jobs_queued_by_expiry ON jobs (expires_ms) WHERE state = 1 AND expires_ms > 0;
CREATE INDEX jobs_finished_by_end ON jobs (ended_ms, sequence) WHERE state >= 3;

-- One row: how many jobs there are in which state, so that nobody has to count them.
CREATE TABLE totals (
  queued INTEGER NOT NULL,
  running INTEGER NOT NULL,
  finished INTEGER NOT NULL
);
INSERT INTO totals SELECT COUNT(*) FILTER (WHERE state = 1), COUNT(*) FILTER (WHERE state = 2),
                          COUNT(*) FILTER (WHERE state >= 3) FROM jobs;

-- A tenant's queued jobs of one model; without any there is no row. All rows of a tenant have the
-- same turn: the lowest is served next.
CREATE TABLE lanes (
  model TEXT NOT NULL,
  tenant TEXT NOT NULL,
  queued INTEGER NOT NULL,
  turn INTEGER NOT NULL,
  PRIMARY KEY (model, tenant)
) WITHOUT ROWID;
CREATE INDEX lanes_by_turn ON lanes (model, turn);
CREATE INDEX lanes_by_last_turn ON lanes (turn);
CREATE INDEX lanes_by_tenant ON lanes (tenant);
INSERT INTO lanes SELECT model, tenant, COUNT(*), 1 FROM jobs WHERE state = 1
  GROUP BY model, tenant;

-- Totals and lanes follow the jobs by themselves.
CREATE TRIGGER jobs_inserted AFTER INSERT ON jobs BEGIN
  UPDATE totals SET queued = queued + (NEW.state = 1), running = running + (NEW.state = 2),
                    finished = finished + (NEW.state >= 3);
END;
CREATE TRIGGER jobs_moved AFTER UPDATE OF state ON jobs WHEN OLD.state <> NEW.state BEGIN
  UPDATE totals SET queued = queued + (NEW.state = 1) - (OLD.state = 1),
                    running = running + (NEW.state = 2) - (OLD.state = 2),
                    finished = finished + (NEW.state >= 3) - (OLD.state >= 3);
END;
CREATE TRIGGER jobs_deleted AFTER DELETE ON jobs BEGIN
  UPDATE totals SET queued = queued - (OLD.state = 1), running = running - (OLD.state = 2),
                    finished = finished - (OLD.state >= 3);
END;

CREATE TRIGGER jobs_queued_first AFTER INSERT ON jobs WHEN NEW.state = 1 BEGIN
  INSERT INTO lanes VALUES (NEW.model, NEW.tenant, 1,
      COALESCE((SELECT turn FROM lanes WHERE tenant = NEW.tenant LIMIT 1),
               (SELECT MAX(turn) + 1 FROM lanes), 1))
    ON CONFLICT (model, tenant) DO UPDATE SET queued = queued + 1;
END;
CREATE TRIGGER jobs_queued_again AFTER UPDATE OF state ON jobs
  WHEN NEW.state = 1 AND OLD.state <> 1 BEGIN
  INSERT INTO lanes VALUES (NEW.model, NEW.tenant, 1,
      COALESCE((SELECT turn FROM lanes WHERE tenant = NEW.tenant LIMIT 1),
               (SELECT MAX(turn) + 1 FROM lanes), 1))
    ON CONFLICT (model, tenant) DO UPDATE SET queued = queued + 1;
END;
CREATE TRIGGER jobs_left_queue AFTER UPDATE OF state ON jobs
  WHEN OLD.state = 1 AND NEW.state <> 1 BEGIN
  UPDATE lanes SET queued = queued - 1 WHERE model = OLD.model AND tenant = OLD.tenant;
  DELETE FROM lanes WHERE model = OLD.model AND tenant = OLD.tenant AND queued = 0;
END;
