-- Models that workers ever held: a serialised atelier.v1.Model each, so that jobs can be checked and
-- queued while every worker is away.
CREATE TABLE models (
  name TEXT NOT NULL PRIMARY KEY,
  model BLOB NOT NULL
) WITHOUT ROWID;
