#include "server/store/postgres/blob_rows.h"

namespace atelier::server {
namespace {

using postgres::Connection;
using postgres::Rows;

// Whether a holder that counts has pinned, or deletes, the blob.
constexpr char kPinned[] =
    "SELECT 1 FROM blob_pins JOIN blob_holders USING (holder)"
    " WHERE digest = $1 AND expire_ms > blob_now_ms() LIMIT 1";
constexpr char kClaimed[] =
    "SELECT 1 FROM blob_deletions JOIN blob_holders USING (holder)"
    " WHERE digest = $1 AND expire_ms > blob_now_ms() LIMIT 1";

Result<bool> Any(Connection& connection, std::string_view sql, const std::string& digest) {
  ATELIER_ASSIGN_OR_RETURN(const Rows rows, connection.Run(sql, {digest}));
  return rows.count() > 0;
}

IndexedBlob BlobOf(const Rows& rows, int row) {
  return {rows.Bytes(row, 0), rows.Bytes(row, 1), rows.Integer(row, 2), rows.Integer(row, 3)};
}

// A use of the blob; nothing when there is none.
Result<std::optional<int64_t>> Use(Connection& connection, const std::string& digest) {
  ATELIER_ASSIGN_OR_RETURN(
      const Rows rows,
      connection.Run("UPDATE blobs SET used_ms = blob_now_ms(), last_use = nextval('blob_uses')"
                     " WHERE digest = $1 RETURNING last_use",
                     {digest}));
  if (rows.count() == 0) return std::optional<int64_t>();
  return std::optional<int64_t>(rows.Integer(0, 0));
}

Result<int64_t> SumOfBytes(Connection& connection) {
  ATELIER_ASSIGN_OR_RETURN(const Rows rows,
                           connection.Run("SELECT SUM(bytes)::BIGINT FROM blob_totals"));
  return rows.Integer(0, 0);
}

Status AddGarbage(Connection& connection, const std::string& object) {
  ATELIER_RETURN_IF_ERROR(
      connection.Run("INSERT INTO blob_garbage VALUES ($1) ON CONFLICT DO NOTHING", {object}));
  return {};
}

Status ForgetRowsOf(Connection& connection, const std::string& holder) {
  ATELIER_RETURN_IF_ERROR(connection.Run("DELETE FROM blob_pins WHERE holder = $1", {holder}));
  ATELIER_RETURN_IF_ERROR(connection.Run("DELETE FROM blob_deletions WHERE holder = $1", {holder}));
  ATELIER_RETURN_IF_ERROR(connection.Run("DELETE FROM blob_holders WHERE holder = $1", {holder}));
  return {};
}

}  // namespace

Status PostgresBlobIndex::Write(const postgres::ConnectionPool::Work& work) {
  Status status = pool_.Transaction(work);
  TellStorageFailure(status, on_failure_);
  return status;
}

Status PostgresBlobIndex::WriteLocked(const std::string& digest,
                                      const postgres::ConnectionPool::Work& work) {
  return Write([&](Connection& connection) -> Status {
    // A statement of its own: the next one sees what the lock's last holder wrote.
    ATELIER_RETURN_IF_ERROR(
        connection.RunLater("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", {digest}));
    return work(connection);
  });
}

Result<std::optional<int64_t>> PostgresBlobIndex::BeginPut(const std::string& digest,
                                                           const std::string& object, int64_t bytes,
                                                           int64_t max_bytes) {
  std::optional<int64_t> used;
  ATELIER_RETURN_IF_ERROR(Write([&](Connection& connection) -> Status {
    ATELIER_ASSIGN_OR_RETURN(used, Use(connection, digest));
    if (used) return {};
    if (max_bytes > 0) {
      ATELIER_ASSIGN_OR_RETURN(const int64_t sum, SumOfBytes(connection));
      if (sum + bytes > max_bytes) return StorageQuota(max_bytes, bytes);
    }
    ATELIER_RETURN_IF_ERROR(connection.Run(
        "INSERT INTO blob_uploads VALUES ($1, $2, $3, blob_now_ms())", {object, digest, bytes}));
    return {};
  }));
  return used;
}

Result<std::optional<BlobIndex::Stored>> PostgresBlobIndex::EndPut(const std::string& object) {
  std::optional<Stored> stored;
  ATELIER_RETURN_IF_ERROR(Write([&](Connection& connection) -> Status {
    stored.reset();
    ATELIER_ASSIGN_OR_RETURN(
        const Rows upload,
        connection.Run("DELETE FROM blob_uploads WHERE object = $1 RETURNING digest, bytes",
                       {object}));
    if (upload.count() == 0) return AddGarbage(connection, object);
    ATELIER_ASSIGN_OR_RETURN(
        const Rows blob,
        connection.Run("INSERT INTO blobs VALUES ($1, $2, $3, blob_now_ns(), blob_now_ms(),"
                       " nextval('blob_uses')) ON CONFLICT (digest) DO UPDATE"
                       " SET used_ms = excluded.used_ms, last_use = excluded.last_use"
                       " RETURNING object, last_use",
                       {upload.Bytes(0, 0), object, upload.Integer(0, 1)}));
    stored = Stored{blob.Integer(0, 1), blob.Bytes(0, 0) == object};
    return stored->created ? Status() : AddGarbage(connection, object);
  }));
  return stored;
}

Status PostgresBlobIndex::AbandonPut(const std::string& object) {
  return Write([&](Connection& connection) -> Status {
    ATELIER_RETURN_IF_ERROR(connection.Run("DELETE FROM blob_uploads WHERE object = $1", {object}));
    return AddGarbage(connection, object);
  });
}

Result<std::optional<IndexedBlob>> PostgresBlobIndex::Find(const std::string& digest) {
  std::optional<IndexedBlob> blob;
  ATELIER_RETURN_IF_ERROR(pool_.Read([&](Connection& connection) -> Status {
    ATELIER_ASSIGN_OR_RETURN(
        const Rows rows,
        connection.Run("SELECT digest, object, bytes, create_ns FROM blobs WHERE digest = $1",
                       {digest}));
    if (rows.count() > 0) blob = BlobOf(rows, 0);
    return {};
  }));
  return blob;
}

Result<bool> PostgresBlobIndex::Touch(const std::string& digest) {
  std::optional<int64_t> use;
  ATELIER_RETURN_IF_ERROR(Write([&](Connection& connection) -> Status {
    ATELIER_ASSIGN_OR_RETURN(use, Use(connection, digest));
    return {};
  }));
  return use.has_value();
}

Result<std::vector<IndexedBlob>> PostgresBlobIndex::List(int limit, int64_t before_ns,
                                                         const std::string& before_digest) {
  std::vector<IndexedBlob> blobs;
  ATELIER_RETURN_IF_ERROR(pool_.Read([&](Connection& connection) -> Status {
    ATELIER_ASSIGN_OR_RETURN(const Rows rows,
                             connection.Run("SELECT digest, object, bytes, create_ns FROM blobs"
                                            " WHERE (create_ns, digest) < ($1, $2)"
                                            " ORDER BY create_ns DESC, digest DESC LIMIT $3",
                                            {before_ns, before_digest, int64_t{limit}}));
    blobs.clear();
    for (int row = 0; row < rows.count(); ++row) blobs.push_back(BlobOf(rows, row));
    return {};
  }));
  return blobs;
}

Result<int64_t> PostgresBlobIndex::Bytes() {
  int64_t bytes = 0;
  ATELIER_RETURN_IF_ERROR(pool_.Read([&](Connection& connection) -> Status {
    ATELIER_ASSIGN_OR_RETURN(bytes, SumOfBytes(connection));
    return {};
  }));
  return bytes;
}

Result<int64_t> PostgresBlobIndex::NowMs() {
  int64_t now_ms = 0;
  ATELIER_RETURN_IF_ERROR(pool_.Read([&](Connection& connection) -> Status {
    ATELIER_ASSIGN_OR_RETURN(const Rows rows, connection.Run("SELECT blob_now_ms()"));
    now_ms = rows.Integer(0, 0);
    return {};
  }));
  return now_ms;
}

Result<std::vector<UnusedBlob>> PostgresBlobIndex::ListUnused(int limit,
                                                              std::chrono::milliseconds unused_for,
                                                              const UnusedPlace& after) {
  std::vector<UnusedBlob> unused;
  ATELIER_RETURN_IF_ERROR(pool_.Read([&](Connection& connection) -> Status {
    ATELIER_ASSIGN_OR_RETURN(
        const Rows rows,
        connection.Run("SELECT digest, object, bytes, create_ns, used_ms FROM blobs"
                       " WHERE used_ms <= blob_now_ms() - $1 AND (used_ms, digest) > ($2, $3)"
                       " ORDER BY used_ms, digest LIMIT $4",
                       {int64_t{unused_for.count()}, after.used_ms, after.digest, int64_t{limit}}));
    unused.clear();
    for (int row = 0; row < rows.count(); ++row)
      unused.push_back({BlobOf(rows, row), {rows.Integer(row, 4), rows.Bytes(row, 0)}});
    return {};
  }));
  return unused;
}

Result<bool> PostgresBlobIndex::RemoveUnused(const std::string& digest,
                                             std::chrono::milliseconds unused_for) {
  bool removed = false;
  ATELIER_RETURN_IF_ERROR(WriteLocked(digest, [&](Connection& connection) -> Status {
    removed = false;
    ATELIER_ASSIGN_OR_RETURN(const bool pinned, Any(connection, kPinned, digest));
    if (pinned) return {};
    ATELIER_ASSIGN_OR_RETURN(
        const Rows rows,
        connection.Run("DELETE FROM blobs WHERE digest = $1 AND used_ms <= blob_now_ms() - $2",
                       {digest, int64_t{unused_for.count()}}));
    removed = rows.changed() > 0;
    return {};
  }));
  return removed;
}

Result<bool> PostgresBlobIndex::RemoveClaimed(const std::string& digest, const std::string& holder,
                                              std::optional<int64_t> last_use) {
  bool removed = false;
  ATELIER_RETURN_IF_ERROR(WriteLocked(digest, [&](Connection& connection) -> Status {
    ATELIER_ASSIGN_OR_RETURN(
        const Rows rows,
        connection.Run("DELETE FROM blobs WHERE digest = $1 AND ($3 = 0 OR last_use = $3)"
                       " AND EXISTS (SELECT 1 FROM blob_deletions JOIN blob_holders USING (holder)"
                       "             WHERE digest = $1 AND holder = $2"
                       "               AND expire_ms > blob_now_ms())",
                       {digest, holder, last_use.value_or(0)}));
    removed = rows.changed() > 0;
    return {};
  }));
  return removed;
}

Result<int64_t> PostgresBlobIndex::RemoveUploads(std::chrono::milliseconds unused_for) {
  int64_t removed = 0;
  ATELIER_RETURN_IF_ERROR(Write([&](Connection& connection) -> Status {
    ATELIER_ASSIGN_OR_RETURN(
        const Rows rows,
        connection.Run("WITH old AS (DELETE FROM blob_uploads WHERE begin_ms <= blob_now_ms() - $1"
                       "             RETURNING object)"
                       " INSERT INTO blob_garbage SELECT object FROM old ON CONFLICT DO NOTHING",
                       {int64_t{unused_for.count()}}));
    removed = rows.changed();
    return {};
  }));
  return removed;
}

Result<std::vector<std::string>> PostgresBlobIndex::ListGarbage(int limit,
                                                                const std::string& after) {
  std::vector<std::string> objects;
  ATELIER_RETURN_IF_ERROR(pool_.Read([&](Connection& connection) -> Status {
    ATELIER_ASSIGN_OR_RETURN(
        const Rows rows,
        connection.Run("SELECT object FROM blob_garbage WHERE object > $1 ORDER BY object LIMIT $2",
                       {after, int64_t{limit}}));
    objects.clear();
    for (int row = 0; row < rows.count(); ++row) objects.push_back(rows.Bytes(row, 0));
    return {};
  }));
  return objects;
}

Status PostgresBlobIndex::ForgetGarbage(const std::vector<std::string>& objects) {
  return Write([&](Connection& connection) -> Status {
    for (const std::string& object : objects)
      ATELIER_RETURN_IF_ERROR(
          connection.Run("DELETE FROM blob_garbage WHERE object = $1", {object}));
    return {};
  });
}

Status PostgresBlobIndex::RenewHolder(const std::string& holder, std::chrono::milliseconds ttl) {
  std::vector<std::string> expired;
  ATELIER_RETURN_IF_ERROR(Write([&](Connection& connection) -> Status {
    ATELIER_RETURN_IF_ERROR(
        connection.Run("INSERT INTO blob_holders VALUES ($1, blob_now_ms() + $2)"
                       " ON CONFLICT (holder) DO UPDATE SET expire_ms = excluded.expire_ms",
                       {holder, int64_t{ttl.count()}}));
    ATELIER_ASSIGN_OR_RETURN(
        const Rows rows,
        connection.Run("SELECT holder FROM blob_holders WHERE expire_ms <= blob_now_ms()"));
    expired.clear();
    for (int row = 0; row < rows.count(); ++row) expired.push_back(rows.Bytes(row, 0));
    return {};
  }));
  for (const std::string& other : expired) {
    ATELIER_RETURN_IF_ERROR(Write([&](Connection& connection) -> Status {
      // It may be back by now.
      ATELIER_ASSIGN_OR_RETURN(
          const Rows rows, connection.Run("SELECT holder FROM blob_holders WHERE holder = $1"
                                          " AND expire_ms <= blob_now_ms() FOR UPDATE SKIP LOCKED",
                                          {other}));
      if (rows.count() == 0) return {};
      return ForgetRowsOf(connection, other);
    }));
  }
  return {};
}

Status PostgresBlobIndex::RemoveHolder(const std::string& holder) {
  return Write([&](Connection& connection) { return ForgetRowsOf(connection, holder); });
}

Result<bool> PostgresBlobIndex::Pin(const std::string& digest, const std::string& holder,
                                    int64_t pin) {
  bool pinned = false;
  ATELIER_RETURN_IF_ERROR(WriteLocked(digest, [&](Connection& connection) -> Status {
    pinned = false;
    ATELIER_ASSIGN_OR_RETURN(const bool claimed, Any(connection, kClaimed, digest));
    if (claimed) return {};
    // Locked, so that the holder is not forgotten before its pin is there to be seen.
    ATELIER_ASSIGN_OR_RETURN(
        const Rows rows,
        connection.Run("INSERT INTO blob_pins SELECT $1, holder, $3 FROM blob_holders"
                       " WHERE holder = $2 AND expire_ms > blob_now_ms() FOR KEY SHARE",
                       {digest, holder, pin}));
    if (rows.changed() == 0) return HolderExpired(holder);
    pinned = true;
    return {};
  }));
  return pinned;
}

Status PostgresBlobIndex::Unpin(const std::string& holder, const std::vector<int64_t>& pins) {
  return Write([&](Connection& connection) -> Status {
    for (const int64_t pin : pins)
      ATELIER_RETURN_IF_ERROR(
          connection.Run("DELETE FROM blob_pins WHERE holder = $1 AND pin = $2", {holder, pin}));
    return {};
  });
}

Result<bool> PostgresBlobIndex::BeginDeletion(const std::string& digest,
                                              const std::string& holder) {
  bool begun = false;
  ATELIER_RETURN_IF_ERROR(WriteLocked(digest, [&](Connection& connection) -> Status {
    begun = false;
    ATELIER_ASSIGN_OR_RETURN(const bool pinned, Any(connection, kPinned, digest));
    ATELIER_ASSIGN_OR_RETURN(const bool claimed, Any(connection, kClaimed, digest));
    if (pinned || claimed) return {};
    ATELIER_ASSIGN_OR_RETURN(
        const Rows rows,
        connection.Run("INSERT INTO blob_deletions SELECT $1, holder FROM blob_holders"
                       " WHERE holder = $2 AND expire_ms > blob_now_ms()"
                       " ON CONFLICT (digest) DO UPDATE SET holder = excluded.holder",
                       {digest, holder}));
    if (rows.changed() == 0) return HolderExpired(holder);
    begun = true;
    return {};
  }));
  return begun;
}

Status PostgresBlobIndex::EndDeletion(const std::string& digest, const std::string& holder) {
  return Write([&](Connection& connection) -> Status {
    ATELIER_RETURN_IF_ERROR(connection.Run(
        "DELETE FROM blob_deletions WHERE digest = $1 AND holder = $2", {digest, holder}));
    return {};
  });
}

}  // namespace atelier::server
