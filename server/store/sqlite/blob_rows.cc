#include "server/store/sqlite/blob_rows.h"

namespace atelier::server {
namespace {

constexpr char kBlobColumns[] = "SELECT digest, object, bytes, create_ns FROM blobs ";

int64_t Nanoseconds(Clock::Wall time) {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(time.time_since_epoch()).count();
}

IndexedBlob ReadBlob(const Statement& row) {
  return {row.Bytes(0), row.Bytes(1), row.Integer(2), row.Integer(3)};
}

Result<int64_t> NextUse(Database& database) {
  ATELIER_RETURN_IF_ERROR(database.RunPrepared("UPDATE blob_totals SET last_use = last_use + 1"));
  ATELIER_ASSIGN_OR_RETURN(Statement query, database.Prepare("SELECT last_use FROM blob_totals"));
  ATELIER_ASSIGN_OR_RETURN([[maybe_unused]] const bool row, query.Step());
  return query.Integer(0);
}

// A use of the blob; nothing when there is none.
Result<std::optional<int64_t>> Use(Database& database, const std::string& digest, int64_t now_ms) {
  ATELIER_ASSIGN_OR_RETURN(const int64_t use, NextUse(database));
  ATELIER_ASSIGN_OR_RETURN(
      Statement update,
      database.Prepare("UPDATE blobs SET used_ms = ?, last_use = ? WHERE digest = ?"));
  ATELIER_RETURN_IF_ERROR(update.Bind(1, now_ms).Bind(2, use).BindText(3, digest).Run());
  if (database.changes() == 0) return std::optional<int64_t>();
  return std::optional<int64_t>(use);
}

Result<int64_t> SumOfBytes(Database& database) {
  ATELIER_ASSIGN_OR_RETURN(Statement query, database.Prepare("SELECT bytes FROM blob_totals"));
  ATELIER_ASSIGN_OR_RETURN([[maybe_unused]] const bool row, query.Step());
  return query.Integer(0);
}

Status AddGarbage(Database& database, const std::string& object) {
  ATELIER_ASSIGN_OR_RETURN(Statement insert,
                           database.Prepare("INSERT OR IGNORE INTO blob_garbage VALUES (?)"));
  return insert.BindText(1, object).Run();
}

Status DeleteUpload(Database& database, const std::string& object) {
  ATELIER_ASSIGN_OR_RETURN(Statement remove,
                           database.Prepare("DELETE FROM blob_uploads WHERE object = ?"));
  return remove.BindText(1, object).Run();
}

// Pins and deletions of holders that count.
Result<bool> IsPinned(Database& database, const std::string& digest, int64_t now_ms) {
  ATELIER_ASSIGN_OR_RETURN(
      Statement query, database.Prepare("SELECT 1 FROM blob_pins JOIN blob_holders USING (holder)"
                                        " WHERE digest = ? AND expire_ms > ?"));
  return query.BindText(1, digest).Bind(2, now_ms).Step();
}

Result<bool> IsClaimed(Database& database, const std::string& digest, int64_t now_ms) {
  ATELIER_ASSIGN_OR_RETURN(
      Statement query,
      database.Prepare("SELECT 1 FROM blob_deletions JOIN blob_holders USING (holder)"
                       " WHERE digest = ? AND expire_ms > ?"));
  return query.BindText(1, digest).Bind(2, now_ms).Step();
}

Result<bool> Counts(Database& database, const std::string& holder, int64_t now_ms) {
  ATELIER_ASSIGN_OR_RETURN(
      Statement query,
      database.Prepare("SELECT 1 FROM blob_holders WHERE holder = ? AND expire_ms > ?"));
  return query.BindText(1, holder).Bind(2, now_ms).Step();
}

Status ForgetRowsOf(Database& database, const std::string& holder) {
  for (const char* sql :
       {"DELETE FROM blob_pins WHERE holder = ?", "DELETE FROM blob_deletions WHERE holder = ?",
        "DELETE FROM blob_holders WHERE holder = ?"}) {
    ATELIER_ASSIGN_OR_RETURN(Statement remove, database.Prepare(sql));
    ATELIER_RETURN_IF_ERROR(remove.BindText(1, holder).Run());
  }
  return {};
}

Result<std::vector<std::string>> ExpiredHolders(Database& database, int64_t now_ms) {
  ATELIER_ASSIGN_OR_RETURN(
      Statement query, database.Prepare("SELECT holder FROM blob_holders WHERE expire_ms <= ?"));
  query.Bind(1, now_ms);
  std::vector<std::string> holders;
  while (true) {
    ATELIER_ASSIGN_OR_RETURN(const bool row, query.Step());
    if (!row) return holders;
    holders.push_back(query.Bytes(0));
  }
}

}  // namespace

int64_t SqliteBlobIndex::WallMs() const { return Nanoseconds(clock_.NowWall()) / 1'000'000; }

Result<std::optional<int64_t>> SqliteBlobIndex::BeginPut(const std::string& digest,
                                                         const std::string& object, int64_t bytes,
                                                         int64_t max_bytes) {
  std::optional<int64_t> used;
  ATELIER_RETURN_IF_ERROR(writer_.Run([&](Database& database) -> Status {
    ATELIER_ASSIGN_OR_RETURN(used, Use(database, digest, WallMs()));
    if (used) return {};
    ATELIER_ASSIGN_OR_RETURN(const int64_t sum, SumOfBytes(database));
    if (max_bytes > 0 && sum + bytes > max_bytes) return StorageQuota(max_bytes, bytes);
    ATELIER_ASSIGN_OR_RETURN(Statement insert,
                             database.Prepare("INSERT INTO blob_uploads (object, digest, bytes,"
                                              " begin_ms) VALUES (?, ?, ?, ?)"));
    return insert.BindText(1, object).BindText(2, digest).Bind(3, bytes).Bind(4, WallMs()).Run();
  }));
  return used;
}

Result<std::optional<BlobIndex::Stored>> SqliteBlobIndex::EndPut(const std::string& object) {
  std::optional<Stored> stored;
  ATELIER_RETURN_IF_ERROR(writer_.Run([&](Database& database) -> Status {
    std::string digest;
    {
      ATELIER_ASSIGN_OR_RETURN(
          Statement query, database.Prepare("SELECT digest FROM blob_uploads WHERE object = ?"));
      ATELIER_ASSIGN_OR_RETURN(const bool row, query.BindText(1, object).Step());
      if (!row) return AddGarbage(database, object);
      digest = query.Bytes(0);
    }
    ATELIER_ASSIGN_OR_RETURN(std::optional<int64_t> use, Use(database, digest, WallMs()));
    if (use) {
      stored = Stored{*use, false};
      ATELIER_RETURN_IF_ERROR(AddGarbage(database, object));
      return DeleteUpload(database, object);
    }
    ATELIER_ASSIGN_OR_RETURN(use, NextUse(database));
    stored = Stored{*use, true};
    ATELIER_ASSIGN_OR_RETURN(
        Statement insert,
        database.Prepare("INSERT INTO blobs (digest, object, bytes, create_ns, used_ms, last_use)"
                         " SELECT digest, object, bytes, ?, ?, ? FROM blob_uploads"
                         " WHERE object = ?"));
    insert.Bind(1, Nanoseconds(clock_.NowWall())).Bind(2, WallMs()).Bind(3, *use);
    ATELIER_RETURN_IF_ERROR(insert.BindText(4, object).Run());
    return DeleteUpload(database, object);
  }));
  return stored;
}

Status SqliteBlobIndex::AbandonPut(const std::string& object) {
  return writer_.Run([&](Database& database) -> Status {
    ATELIER_RETURN_IF_ERROR(DeleteUpload(database, object));
    return AddGarbage(database, object);
  });
}

Result<std::optional<IndexedBlob>> SqliteBlobIndex::Find(const std::string& digest) {
  static const std::string sql = std::string(kBlobColumns) + "WHERE digest = ?";
  const MutexLock lock(mutex_);
  ATELIER_ASSIGN_OR_RETURN(Statement query, reading_->Prepare(sql));
  ATELIER_ASSIGN_OR_RETURN(const bool row, query.BindText(1, digest).Step());
  if (!row) return std::optional<IndexedBlob>();
  return std::optional<IndexedBlob>(ReadBlob(query));
}

Result<bool> SqliteBlobIndex::Touch(const std::string& digest) {
  std::optional<int64_t> use;
  ATELIER_RETURN_IF_ERROR(writer_.Run([&](Database& database) -> Status {
    ATELIER_ASSIGN_OR_RETURN(use, Use(database, digest, WallMs()));
    return {};
  }));
  return use.has_value();
}

Result<std::vector<IndexedBlob>> SqliteBlobIndex::List(int limit, int64_t before_ns,
                                                       const std::string& before_digest) {
  static const std::string sql =
      std::string(kBlobColumns) +
      "WHERE (create_ns, digest) < (?, ?) ORDER BY create_ns DESC, digest DESC LIMIT ?";
  const MutexLock lock(mutex_);
  ATELIER_ASSIGN_OR_RETURN(Statement query, reading_->Prepare(sql));
  query.Bind(1, before_ns).BindText(2, before_digest).Bind(3, limit);
  std::vector<IndexedBlob> blobs;
  while (true) {
    ATELIER_ASSIGN_OR_RETURN(const bool row, query.Step());
    if (!row) return blobs;
    blobs.push_back(ReadBlob(query));
  }
}

Result<int64_t> SqliteBlobIndex::Bytes() {
  const MutexLock lock(mutex_);
  return SumOfBytes(*reading_);
}

Result<int64_t> SqliteBlobIndex::NowMs() { return WallMs(); }

Result<std::vector<UnusedBlob>> SqliteBlobIndex::ListUnused(int limit,
                                                            std::chrono::milliseconds unused_for,
                                                            const UnusedPlace& after) {
  const MutexLock lock(mutex_);
  ATELIER_ASSIGN_OR_RETURN(
      Statement query,
      reading_->Prepare("SELECT digest, object, bytes, create_ns, used_ms FROM blobs"
                        " WHERE used_ms <= ? AND (used_ms, digest) > (?, ?)"
                        " ORDER BY used_ms, digest LIMIT ?"));
  query.Bind(1, WallMs() - unused_for.count()).Bind(2, after.used_ms);
  query.BindText(3, after.digest).Bind(4, limit);
  std::vector<UnusedBlob> unused;
  while (true) {
    ATELIER_ASSIGN_OR_RETURN(const bool row, query.Step());
    if (!row) return unused;
    IndexedBlob blob = ReadBlob(query);
    UnusedPlace place{query.Integer(4), blob.digest};
    unused.push_back({std::move(blob), std::move(place)});
  }
}

Result<bool> SqliteBlobIndex::RemoveUnused(const std::string& digest,
                                           std::chrono::milliseconds unused_for) {
  bool removed = false;
  ATELIER_RETURN_IF_ERROR(writer_.Run([&](Database& database) -> Status {
    ATELIER_ASSIGN_OR_RETURN(const bool pinned, IsPinned(database, digest, WallMs()));
    if (pinned) return {};
    ATELIER_ASSIGN_OR_RETURN(
        Statement remove, database.Prepare("DELETE FROM blobs WHERE digest = ? AND used_ms <= ?"));
    remove.BindText(1, digest).Bind(2, WallMs() - unused_for.count());
    ATELIER_RETURN_IF_ERROR(remove.Run());
    removed = database.changes() > 0;
    return {};
  }));
  return removed;
}

Result<bool> SqliteBlobIndex::RemoveClaimed(const std::string& digest, const std::string& holder,
                                            std::optional<int64_t> last_use) {
  bool removed = false;
  ATELIER_RETURN_IF_ERROR(writer_.Run([&](Database& database) -> Status {
    ATELIER_ASSIGN_OR_RETURN(
        Statement remove,
        database.Prepare(
            "DELETE FROM blobs WHERE digest = ?1 AND (?3 = 0 OR last_use = ?3)"
            " AND EXISTS (SELECT 1 FROM blob_deletions JOIN blob_holders USING (holder)"
            "             WHERE digest = ?1 AND holder = ?2 AND expire_ms > ?4)"));
    remove.BindText(1, digest).BindText(2, holder).Bind(3, last_use.value_or(0));
    remove.Bind(4, WallMs());
    ATELIER_RETURN_IF_ERROR(remove.Run());
    removed = database.changes() > 0;
    return {};
  }));
  return removed;
}

Result<int64_t> SqliteBlobIndex::RemoveUploads(std::chrono::milliseconds unused_for) {
  int64_t removed = 0;
  ATELIER_RETURN_IF_ERROR(writer_.Run([&](Database& database) -> Status {
    const int64_t begun_by = WallMs() - unused_for.count();
    {
      ATELIER_ASSIGN_OR_RETURN(
          Statement insert,
          database.Prepare("INSERT OR IGNORE INTO blob_garbage SELECT object FROM blob_uploads"
                           " WHERE begin_ms <= ?"));
      ATELIER_RETURN_IF_ERROR(insert.Bind(1, begun_by).Run());
    }
    ATELIER_ASSIGN_OR_RETURN(Statement remove,
                             database.Prepare("DELETE FROM blob_uploads WHERE begin_ms <= ?"));
    ATELIER_RETURN_IF_ERROR(remove.Bind(1, begun_by).Run());
    removed = database.changes();
    return {};
  }));
  return removed;
}

Result<std::vector<std::string>> SqliteBlobIndex::ListGarbage(int limit, const std::string& after) {
  const MutexLock lock(mutex_);
  ATELIER_ASSIGN_OR_RETURN(Statement query,
                           reading_->Prepare("SELECT object FROM blob_garbage WHERE object > ?"
                                             " ORDER BY object LIMIT ?"));
  query.BindText(1, after).Bind(2, limit);
  std::vector<std::string> objects;
  while (true) {
    ATELIER_ASSIGN_OR_RETURN(const bool row, query.Step());
    if (!row) return objects;
    objects.push_back(query.Bytes(0));
  }
}

Status SqliteBlobIndex::ForgetGarbage(const std::vector<std::string>& objects) {
  return writer_.Run([&](Database& database) -> Status {
    for (const std::string& object : objects) {
      ATELIER_ASSIGN_OR_RETURN(Statement remove,
                               database.Prepare("DELETE FROM blob_garbage WHERE object = ?"));
      ATELIER_RETURN_IF_ERROR(remove.BindText(1, object).Run());
    }
    return {};
  });
}

Status SqliteBlobIndex::RenewHolder(const std::string& holder, std::chrono::milliseconds ttl) {
  return writer_.Run([&](Database& database) -> Status {
    {
      ATELIER_ASSIGN_OR_RETURN(Statement put,
                               database.Prepare("INSERT INTO blob_holders VALUES (?, ?)"
                                                " ON CONFLICT (holder) DO UPDATE"
                                                " SET expire_ms = excluded.expire_ms"));
      ATELIER_RETURN_IF_ERROR(put.BindText(1, holder).Bind(2, WallMs() + ttl.count()).Run());
    }
    ATELIER_ASSIGN_OR_RETURN(const std::vector<std::string> expired,
                             ExpiredHolders(database, WallMs()));
    for (const std::string& other : expired) ATELIER_RETURN_IF_ERROR(ForgetRowsOf(database, other));
    return {};
  });
}

Status SqliteBlobIndex::RemoveHolder(const std::string& holder) {
  return writer_.Run([&](Database& database) { return ForgetRowsOf(database, holder); });
}

Result<bool> SqliteBlobIndex::Pin(const std::string& digest, const std::string& holder,
                                  int64_t pin) {
  bool pinned = false;
  ATELIER_RETURN_IF_ERROR(writer_.Run([&](Database& database) -> Status {
    ATELIER_ASSIGN_OR_RETURN(const bool counts, Counts(database, holder, WallMs()));
    if (!counts) return HolderExpired(holder);
    ATELIER_ASSIGN_OR_RETURN(const bool claimed, IsClaimed(database, digest, WallMs()));
    if (claimed) return {};
    ATELIER_ASSIGN_OR_RETURN(Statement insert,
                             database.Prepare("INSERT INTO blob_pins VALUES (?, ?, ?)"));
    pinned = true;
    return insert.BindText(1, digest).BindText(2, holder).Bind(3, pin).Run();
  }));
  return pinned;
}

Status SqliteBlobIndex::Unpin(const std::string& holder, const std::vector<int64_t>& pins) {
  return writer_.Run([&](Database& database) -> Status {
    for (const int64_t pin : pins) {
      ATELIER_ASSIGN_OR_RETURN(
          Statement remove, database.Prepare("DELETE FROM blob_pins WHERE holder = ? AND pin = ?"));
      ATELIER_RETURN_IF_ERROR(remove.BindText(1, holder).Bind(2, pin).Run());
    }
    return {};
  });
}

Result<bool> SqliteBlobIndex::BeginDeletion(const std::string& digest, const std::string& holder) {
  bool begun = false;
  ATELIER_RETURN_IF_ERROR(writer_.Run([&](Database& database) -> Status {
    ATELIER_ASSIGN_OR_RETURN(const bool counts, Counts(database, holder, WallMs()));
    if (!counts) return HolderExpired(holder);
    ATELIER_ASSIGN_OR_RETURN(const bool pinned, IsPinned(database, digest, WallMs()));
    ATELIER_ASSIGN_OR_RETURN(const bool claimed, IsClaimed(database, digest, WallMs()));
    if (pinned || claimed) return {};
    ATELIER_ASSIGN_OR_RETURN(
        Statement put, database.Prepare("INSERT OR REPLACE INTO blob_deletions VALUES (?, ?)"));
    begun = true;
    return put.BindText(1, digest).BindText(2, holder).Run();
  }));
  return begun;
}

Status SqliteBlobIndex::EndDeletion(const std::string& digest, const std::string& holder) {
  return writer_.Run([&](Database& database) -> Status {
    ATELIER_ASSIGN_OR_RETURN(
        Statement remove,
        database.Prepare("DELETE FROM blob_deletions WHERE digest = ? AND holder = ?"));
    return remove.BindText(1, digest).BindText(2, holder).Run();
  });
}

}  // namespace atelier::server
