-- Jobs. `state` holds the numbers of atelier.v1.JobState: 1 queued, 2 running, 3.. final.
CREATE TABLE jobs (
  sequence INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  spec BLOB NOT NULL,
  model TEXT NOT NULL,
  batch_key TEXT NOT NULL,
  state INTEGER NOT NULL,
  attempt INTEGER NOT NULL,
  lease_token INTEGER NOT NULL,
  cancel_requested INTEGER NOT NULL,
  create_time_ms INTEGER NOT NULL,
  start_time_ms INTEGER NOT NULL,
  end_time_ms INTEGER NOT NULL,
  outcome BLOB NOT NULL,
  error_reason TEXT NOT NULL,
  error_message TEXT NOT NULL,
  request_id TEXT NOT NULL,
  request_hash TEXT NOT NULL,
  traceparent TEXT NOT NULL
);

CREATE UNIQUE INDEX jobs_by_request ON jobs (request_id) WHERE request_id <> '';
-- Partial: they stay as small as the queue, however many finished jobs there are.
CREATE INDEX jobs_queued_by_age ON jobs (sequence) WHERE state = 1;
CREATE INDEX jobs_queued_by_model ON jobs (model, sequence) WHERE state = 1;
CREATE INDEX jobs_queued_by_batch ON jobs (batch_key, sequence) WHERE state = 1;
CREATE INDEX jobs_running ON jobs (sequence) WHERE state = 2;
