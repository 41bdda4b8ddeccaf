-- Leases of running jobs, see server/store/lease.h: rows of their own, so that a heartbeat writes
-- few bytes. No index: there are no more of them than running jobs.
CREATE TABLE leases (
  job INTEGER NOT NULL PRIMARY KEY,
  token BLOB NOT NULL,
  worker TEXT NOT NULL,
  alone INTEGER NOT NULL,
  deadline_ms INTEGER NOT NULL
);
-- Workers of the release before know their leases by numbers, which nobody takes any more: theirs
-- run out.
INSERT INTO leases SELECT sequence, randomblob(16), '', lost_workers > 0, started_ms FROM jobs
  WHERE state = 2;
ALTER TABLE jobs DROP COLUMN lease_token;
