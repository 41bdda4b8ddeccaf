-- Blobs whose bytes lie in a store of objects: see server/store/blob_index.h.
CREATE TABLE blobs (
  digest TEXT NOT NULL PRIMARY KEY,
  object TEXT NOT NULL,
  bytes INTEGER NOT NULL,
  create_ns INTEGER NOT NULL,
  used_ms INTEGER NOT NULL,
  last_use INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX blobs_by_time ON blobs (create_ns, digest);
CREATE INDEX blobs_by_use ON blobs (used_ms, digest);

-- Objects that are being written.
CREATE TABLE blob_uploads (
  object TEXT NOT NULL PRIMARY KEY,
  digest TEXT NOT NULL,
  bytes INTEGER NOT NULL,
  begin_ms INTEGER NOT NULL
) WITHOUT ROWID;

-- Objects that are to be deleted.
CREATE TABLE blob_garbage (object TEXT NOT NULL PRIMARY KEY) WITHOUT ROWID;

-- Servers, each until when its pins and deletions count.
CREATE TABLE blob_holders (
  holder TEXT NOT NULL PRIMARY KEY,
  expire_ms INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE blob_pins (
  digest TEXT NOT NULL,
  holder TEXT NOT NULL,
  pin INTEGER NOT NULL,
  PRIMARY KEY (digest, holder, pin)
) WITHOUT ROWID;
CREATE INDEX blob_pins_by_holder ON blob_pins (holder, pin);
CREATE TABLE blob_deletions (
  digest TEXT NOT NULL PRIMARY KEY,
  holder TEXT NOT NULL
) WITHOUT ROWID;

-- One row: bytes of blobs and uploads, and the number of the last use.
CREATE TABLE blob_totals (bytes INTEGER NOT NULL, last_use INTEGER NOT NULL);
INSERT INTO blob_totals VALUES (0, 0);
CREATE TRIGGER blobs_inserted AFTER INSERT ON blobs BEGIN
  UPDATE blob_totals SET bytes = bytes + NEW.bytes;
END;
CREATE TRIGGER blobs_deleted AFTER DELETE ON blobs BEGIN
  UPDATE blob_totals SET bytes = bytes - OLD.bytes;
  INSERT OR IGNORE INTO blob_garbage VALUES (OLD.object);
END;
CREATE TRIGGER blob_uploads_inserted AFTER INSERT ON blob_uploads BEGIN
  UPDATE blob_totals SET bytes = bytes + NEW.bytes;
END;
CREATE TRIGGER blob_uploads_deleted AFTER DELETE ON blob_uploads BEGIN
  UPDATE blob_totals SET bytes = bytes - OLD.bytes;
END;
