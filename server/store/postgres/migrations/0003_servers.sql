-- What several servers over one database share beyond the queue. Servers before this version take
-- the database for theirs alone.

-- The clock that all servers go by, in milliseconds since 1970.
CREATE FUNCTION now_ms() RETURNS BIGINT LANGUAGE SQL VOLATILE AS
  'SELECT (extract(epoch FROM clock_timestamp()) * 1000)::BIGINT';

-- Workers that registered with any server; after a crash of the database they register again.
CREATE UNLOGGED TABLE workers (
  name TEXT COLLATE "C" PRIMARY KEY,
  registration BYTEA NOT NULL,
  heard_ms BIGINT NOT NULL,
  lost_leases BIGINT NOT NULL
);

-- The latest preview of a running job, for those who watch it at another server.
CREATE UNLOGGED TABLE previews (
  job TEXT COLLATE "C" PRIMARY KEY,
  preview BYTEA NOT NULL
);
