-- Blobs whose bytes lie in a store of objects: see server/store/blob_index.h.

-- The clock of all servers, nanoseconds since 1970.
CREATE FUNCTION blob_now_ns() RETURNS BIGINT LANGUAGE SQL VOLATILE AS
  'SELECT (EXTRACT(EPOCH FROM clock_timestamp()) * 1000000000)::BIGINT';
CREATE FUNCTION blob_now_ms() RETURNS BIGINT LANGUAGE SQL VOLATILE AS
  'SELECT blob_now_ns() / 1000000';
CREATE SEQUENCE blob_uses;

CREATE TABLE blobs (
  digest TEXT COLLATE "C" PRIMARY KEY,
  object TEXT COLLATE "C" NOT NULL,
  bytes BIGINT NOT NULL,
  create_ns BIGINT NOT NULL,
  used_ms BIGINT NOT NULL,
  last_use BIGINT NOT NULL
);
CREATE INDEX blobs_by_time ON blobs (create_ns, digest);
CREATE INDEX blobs_by_use ON blobs (used_ms, digest);

-- Objects that are being written.
CREATE TABLE blob_uploads (
  object TEXT COLLATE "C" PRIMARY KEY,
  digest TEXT COLLATE "C" NOT NULL,
  bytes BIGINT NOT NULL,
  begin_ms BIGINT NOT NULL
);

-- Objects that are to be deleted.
CREATE TABLE blob_garbage (object TEXT COLLATE "C" PRIMARY KEY);

-- Servers, each until when its pins and deletions count. Who reads or writes those of a blob holds its
-- advisory lock.
CREATE TABLE blob_holders (
  holder TEXT COLLATE "C" PRIMARY KEY,
  expire_ms BIGINT NOT NULL
);
CREATE TABLE blob_pins (
  digest TEXT COLLATE "C" NOT NULL,
  holder TEXT COLLATE "C" NOT NULL,
  pin BIGINT NOT NULL,
  PRIMARY KEY (digest, holder, pin)
);
CREATE INDEX blob_pins_by_holder ON blob_pins (holder, pin);
CREATE TABLE blob_deletions (
  digest TEXT COLLATE "C" PRIMARY KEY,
  holder TEXT COLLATE "C" NOT NULL
);
CREATE INDEX blob_deletions_by_holder ON blob_deletions (holder);

-- Bytes of blobs and uploads: the sum of the rows.
CREATE TABLE blob_totals (
  slot BIGINT PRIMARY KEY,
  bytes BIGINT NOT NULL
);
INSERT INTO blob_totals SELECT slot, 0 FROM generate_series(0, 15) AS slot;
CREATE FUNCTION blob_counted() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN
    UPDATE blob_totals SET bytes = bytes + NEW.bytes WHERE slot = counter_slot();
  ELSE
    UPDATE blob_totals SET bytes = bytes - OLD.bytes WHERE slot = counter_slot();
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER blobs_counted AFTER INSERT OR DELETE ON blobs
  FOR EACH ROW EXECUTE FUNCTION blob_counted();
CREATE TRIGGER blob_uploads_counted AFTER INSERT OR DELETE ON blob_uploads
  FOR EACH ROW EXECUTE FUNCTION blob_counted();
CREATE FUNCTION blob_removed() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO blob_garbage VALUES (OLD.object) ON CONFLICT DO NOTHING;
  RETURN NULL;
END $$;
CREATE TRIGGER blobs_removed AFTER DELETE ON blobs FOR EACH ROW EXECUTE FUNCTION blob_removed();
-- Rows that every use writes.
ALTER TABLE blobs SET (autovacuum_vacuum_scale_factor = 0.05, fillfactor = 80);
