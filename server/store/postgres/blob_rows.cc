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

Result<int64_t> SumOfBytes(Connection& connection) {
  ATELIER_ASSIGN_OR_RETURN(const Rows rows,
                           connection.Run("SELECT SUM(bytes)::BIGINT FROM blob_totals"));
  return rows.Integer(0, 0);
}

Status ForgetRowsOf(Connection& connection, const std::string& holder) {
  ATELIER_RETURN_IF_ERROR(connection.RunLater("DELETE FROM blob_pins WHERE holder = $1", {holder}));
  ATELIER_RETURN_IF_ERROR(
      connection.RunLater("DELETE FROM blob_deletions WHERE holder = $1", {holder}));
  return connection.RunLater("DELETE FROM blob_holders WHERE holder = $1", {holder});
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
    used.reset();
    ATELIER_ASSIGN_OR_RETURN(
        const Rows rows,
        connection.RunAndCommit(
            "WITH used AS (UPDATE blobs SET used_ms = blob_now_ms(), last_use = "
            "nextval('blob_uses')"
            "              WHERE digest = $2 RETURNING last_use),"
            " begun AS (INSERT INTO blob_uploads SELECT $1, $2, $3, blob_now_ms()"
            "           WHERE NOT EXISTS (SELECT 1 FROM used) AND"
            "                 ($4 = 0 OR (SELECT SUM(bytes) FROM blob_totals) + $3 <= $4)"
            "           RETURNING object)"
            " SELECT (SELECT last_use FROM used), (SELECT COUNT(*) FROM begun)",
            {object, digest, bytes, max_bytes}));
    // Numbers of uses begin with 1.
    if (const int64_t use = rows.Integer(0, 0); use > 0) used = use;
    const bool fits = used || rows.Integer(0, 1) > 0;
    return fits ? Status() : Status(StorageQuota(max_bytes, bytes));
  }));
  return used;
}

Result<std::optional<BlobIndex::Stored>> PostgresBlobIndex::EndPut(const std::string& object) {
  std::optional<Stored> stored;
  ATELIER_RETURN_IF_ERROR(Write([&](Connection& connection) -> Status {
    stored.reset();
    ATELIER_ASSIGN_OR_RETURN(
        const Rows blob,
        connection.RunAndCommit(
            "WITH upload AS (DELETE FROM blob_uploads WHERE object = $1 RETURNING digest, bytes),"
            " blob AS (INSERT INTO blobs SELECT digest, $1, bytes, blob_now_ns(), blob_now_ms(),"
            "                            nextval('blob_uses') FROM upload"
            "          ON CONFLICT (digest) DO UPDATE"
            "          SET used_ms = excluded.used_ms, last_use = excluded.last_use"
            "          RETURNING object, last_use),"
            " garbage AS (INSERT INTO blob_garbage SELECT $1"
            "             WHERE NOT EXISTS (SELECT 1 FROM blob WHERE object = $1)"
            "             ON CONFLICT DO NOTHING)"
            " SELECT object, last_use FROM blob",
            {object}));
    if (blob.count() > 0) stored = Stored{blob.Integer(0, 1), blob.Bytes(0, 0) == object};
    return {};
  }));
  return stored;
}

Status PostgresBlobIndex::AbandonPut(const std::string& object) {
  return Write([&](Connection& connection) -> Status {
    ATELIER_RETURN_IF_ERROR(
        connection.RunLater("DELETE FROM blob_uploads WHERE object = $1", {object}));
    return connection.RunLater("INSERT INTO blob_garbage VALUES ($1) ON CONFLICT DO NOTHING",
                               {object});
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
  bool touched = false;
  ATELIER_RETURN_IF_ERROR(Write([&](Connection& connection) -> Status {
    ATELIER_ASSIGN_OR_RETURN(
        const Rows rows,
        connection.RunAndCommit("UPDATE blobs SET used_ms = blob_now_ms(),"
                                " last_use = nextval('blob_uses') WHERE digest = $1",
                                {digest}));
    touched = rows.changed() > 0;
    return {};
  }));
  return touched;
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
    static const std::string sql =
        "DELETE FROM blobs WHERE digest = $1 AND used_ms <= blob_now_ms() - $2 AND NOT EXISTS (" +
        std::string(kPinned) + ")";
    ATELIER_ASSIGN_OR_RETURN(const Rows rows,
                             connection.RunAndCommit(sql, {digest, int64_t{unused_for.count()}}));
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
        connection.RunAndCommit(
            "DELETE FROM blobs WHERE digest = $1 AND ($3 = 0 OR last_use = $3)"
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
        connection.RunAndCommit(
            "WITH old AS (DELETE FROM blob_uploads WHERE begin_ms <= blob_now_ms() - $1"
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
          connection.RunLater("DELETE FROM blob_garbage WHERE object = $1", {object}));
    return {};
  });
}

Status PostgresBlobIndex::RenewHolder(const std::string& holder, std::chrono::milliseconds ttl) {
  std::vector<std::string> expired;
  ATELIER_RETURN_IF_ERROR(Write([&](Connection& connection) -> Status {
    ATELIER_RETURN_IF_ERROR(
        connection.RunLater("INSERT INTO blob_holders VALUES ($1, blob_now_ms() + $2)"
                            " ON CONFLICT (holder) DO UPDATE SET expire_ms = excluded.expire_ms",
                            {holder, int64_t{ttl.count()}}));
    ATELIER_ASSIGN_OR_RETURN(
        const Rows rows, connection.RunAndCommit(
                             "SELECT holder FROM blob_holders WHERE expire_ms <= blob_now_ms()"));
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
    Rows claimed;
    ATELIER_RETURN_IF_ERROR(connection.RunLater(kClaimed, {digest}, &claimed));
    static const std::string sql =
        "INSERT INTO blob_pins SELECT $1, holder, $3 FROM blob_holders"
        " WHERE holder = $2 AND expire_ms > blob_now_ms() AND NOT EXISTS (" +
        std::string(kClaimed) + ") FOR KEY SHARE";
    // The holder's row is locked, so that it is not forgotten before its pin is there to be seen.
    ATELIER_ASSIGN_OR_RETURN(const Rows rows, connection.RunAndCommit(sql, {digest, holder, pin}));
    pinned = rows.changed() > 0;
    return pinned || claimed.count() > 0 ? Status() : Status(HolderExpired(holder));
  }));
  return pinned;
}

Status PostgresBlobIndex::Unpin(const std::string& holder, const std::vector<int64_t>& pins) {
  return Write([&](Connection& connection) -> Status {
    for (const int64_t pin : pins)
      ATELIER_RETURN_IF_ERROR(connection.RunLater(
          "DELETE FROM blob_pins WHERE holder = $1 AND pin = $2", {holder, pin}));
    return {};
  });
}

Result<bool> PostgresBlobIndex::BeginDeletion(const std::string& digest,
                                              const std::string& holder) {
  bool begun = false;
  ATELIER_RETURN_IF_ERROR(WriteLocked(digest, [&](Connection& connection) -> Status {
    begun = false;
    Rows pinned, claimed;
    ATELIER_RETURN_IF_ERROR(connection.RunLater(kPinned, {digest}, &pinned));
    ATELIER_RETURN_IF_ERROR(connection.RunLater(kClaimed, {digest}, &claimed));
    static const std::string sql =
        "INSERT INTO blob_deletions SELECT $1, holder FROM blob_holders"
        " WHERE holder = $2 AND expire_ms > blob_now_ms() AND NOT EXISTS (" +
        std::string(kPinned) + ") AND NOT EXISTS (" + std::string(kClaimed) +
        ") ON CONFLICT (digest) DO UPDATE SET holder = excluded.holder";
    ATELIER_ASSIGN_OR_RETURN(const Rows rows, connection.RunAndCommit(sql, {digest, holder}));
    begun = rows.changed() > 0;
    const bool held = pinned.count() > 0 || claimed.count() > 0;
    return begun || held ? Status() : Status(HolderExpired(holder));
  }));
  return begun;
}

Status PostgresBlobIndex::EndDeletion(const std::string& digest, const std::string& holder) {
  return Write([&](Connection& connection) -> Status {
    return connection.RunLater("DELETE FROM blob_deletions WHERE digest = $1 AND holder = $2",
                               {digest, holder});
  });
}

}  // namespace atelier::server
