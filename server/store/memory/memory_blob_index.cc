#include "server/store/memory/memory_blob_index.h"

#include <algorithm>

namespace atelier::server {
namespace {

int64_t Nanoseconds(Clock::Wall time) {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(time.time_since_epoch()).count();
}

}  // namespace

int64_t MemoryBlobIndex::WallMs() const { return Nanoseconds(clock_.NowWall()) / 1'000'000; }

int64_t MemoryBlobIndex::Use(Row& row) {
  row.used_ms = WallMs();
  return row.last_use = ++last_use_;
}

void MemoryBlobIndex::MakeGarbage(std::map<std::string, Row>::iterator row) {
  garbage_.insert(row->second.blob.object);
  blobs_.erase(row);
}

bool MemoryBlobIndex::Counts(const std::string& holder) const {
  const auto until = holders_.find(holder);
  return until != holders_.end() && until->second > WallMs();
}

bool MemoryBlobIndex::IsPinned(const std::string& digest) const {
  for (auto pin = pins_.lower_bound({digest, "", 0}); pin != pins_.end() && pin->digest == digest;
       ++pin) {
    if (Counts(pin->holder)) return true;
  }
  return false;
}

bool MemoryBlobIndex::IsClaimed(const std::string& digest) const {
  const auto claim = claims_.find(digest);
  return claim != claims_.end() && Counts(claim->second);
}

Result<std::optional<int64_t>> MemoryBlobIndex::BeginPut(const std::string& digest,
                                                         const std::string& object, int64_t bytes,
                                                         int64_t max_bytes) {
  const MutexLock lock(mutex_);
  const auto row = blobs_.find(digest);
  if (row != blobs_.end()) return std::optional<int64_t>(Use(row->second));
  if (max_bytes > 0 && BytesLocked() + bytes > max_bytes) return StorageQuota(max_bytes, bytes);
  uploads_[object] = {digest, bytes, WallMs()};
  return std::optional<int64_t>();
}

Result<std::optional<BlobIndex::Stored>> MemoryBlobIndex::EndPut(const std::string& object) {
  const MutexLock lock(mutex_);
  const auto upload = uploads_.find(object);
  if (upload == uploads_.end()) {
    garbage_.insert(object);
    return std::optional<Stored>();
  }
  const std::string digest = upload->second.digest;
  const IndexedBlob blob{digest, object, upload->second.bytes, Nanoseconds(clock_.NowWall())};
  uploads_.erase(upload);
  const auto [row, created] = blobs_.try_emplace(digest, Row{blob});
  if (!created) garbage_.insert(object);
  return std::optional<Stored>({Use(row->second), created});
}

Status MemoryBlobIndex::AbandonPut(const std::string& object) {
  const MutexLock lock(mutex_);
  uploads_.erase(object);
  garbage_.insert(object);
  return {};
}

Result<std::optional<IndexedBlob>> MemoryBlobIndex::Find(const std::string& digest) {
  const MutexLock lock(mutex_);
  const auto row = blobs_.find(digest);
  if (row == blobs_.end()) return std::optional<IndexedBlob>();
  return std::optional<IndexedBlob>(row->second.blob);
}

Result<bool> MemoryBlobIndex::Touch(const std::string& digest) {
  const MutexLock lock(mutex_);
  const auto row = blobs_.find(digest);
  if (row == blobs_.end()) return false;
  (void)Use(row->second);
  return true;
}

Result<std::vector<IndexedBlob>> MemoryBlobIndex::List(int limit, int64_t before_ns,
                                                       const std::string& before_digest) {
  const MutexLock lock(mutex_);
  std::vector<IndexedBlob> blobs;
  for (const auto& [digest, row] : blobs_) {
    if (std::pair(row.blob.create_ns, digest) < std::pair(before_ns, before_digest))
      blobs.push_back(row.blob);
  }
  std::sort(blobs.begin(), blobs.end(), [](const IndexedBlob& a, const IndexedBlob& b) {
    return std::pair(a.create_ns, a.digest) > std::pair(b.create_ns, b.digest);
  });
  if (static_cast<int>(blobs.size()) > limit) blobs.resize(static_cast<size_t>(limit));
  return blobs;
}

Result<int64_t> MemoryBlobIndex::Bytes() {
  const MutexLock lock(mutex_);
  return BytesLocked();
}

int64_t MemoryBlobIndex::BytesLocked() const {
  int64_t bytes = 0;
  for (const auto& [digest, row] : blobs_) bytes += row.blob.bytes;
  for (const auto& [object, upload] : uploads_) bytes += upload.bytes;
  return bytes;
}

Result<int64_t> MemoryBlobIndex::NowMs() { return WallMs(); }

Result<std::vector<UnusedBlob>> MemoryBlobIndex::ListUnused(int limit,
                                                            std::chrono::milliseconds unused_for,
                                                            const UnusedPlace& after) {
  const MutexLock lock(mutex_);
  std::vector<UnusedBlob> unused;
  for (const auto& [digest, row] : blobs_) {
    const bool is_after = std::pair(row.used_ms, digest) > std::pair(after.used_ms, after.digest);
    if (is_after && row.used_ms <= WallMs() - unused_for.count())
      unused.push_back({row.blob, {row.used_ms, digest}});
  }
  std::sort(unused.begin(), unused.end(), [](const UnusedBlob& a, const UnusedBlob& b) {
    return std::pair(a.place.used_ms, a.place.digest) < std::pair(b.place.used_ms, b.place.digest);
  });
  if (static_cast<int>(unused.size()) > limit) unused.resize(static_cast<size_t>(limit));
  return unused;
}

Result<bool> MemoryBlobIndex::RemoveUnused(const std::string& digest,
                                           std::chrono::milliseconds unused_for) {
  const MutexLock lock(mutex_);
  const auto row = blobs_.find(digest);
  if (row == blobs_.end() || row->second.used_ms > WallMs() - unused_for.count()) return false;
  if (IsPinned(digest)) return false;
  MakeGarbage(row);
  return true;
}

Result<bool> MemoryBlobIndex::RemoveClaimed(const std::string& digest, const std::string& holder,
                                            std::optional<int64_t> last_use) {
  const MutexLock lock(mutex_);
  const auto claim = claims_.find(digest);
  if (claim == claims_.end() || claim->second != holder || !Counts(holder)) return false;
  const auto row = blobs_.find(digest);
  if (row == blobs_.end() || (last_use && row->second.last_use != *last_use)) return false;
  MakeGarbage(row);
  return true;
}

Result<int64_t> MemoryBlobIndex::RemoveUploads(std::chrono::milliseconds unused_for) {
  const MutexLock lock(mutex_);
  const int64_t begun_by = WallMs() - unused_for.count();
  return static_cast<int64_t>(std::erase_if(uploads_, [&](const auto& upload) REQUIRES(mutex_) {
    if (upload.second.begin_ms > begun_by) return false;
    garbage_.insert(upload.first);
    return true;
  }));
}

Result<std::vector<std::string>> MemoryBlobIndex::ListGarbage(int limit, const std::string& after) {
  const MutexLock lock(mutex_);
  std::vector<std::string> objects;
  for (auto object = garbage_.upper_bound(after);
       object != garbage_.end() && static_cast<int>(objects.size()) < limit; ++object)
    objects.push_back(*object);
  return objects;
}

Status MemoryBlobIndex::ForgetGarbage(const std::vector<std::string>& objects) {
  const MutexLock lock(mutex_);
  for (const std::string& object : objects) garbage_.erase(object);
  return {};
}

void MemoryBlobIndex::Forget(const std::string& holder) {
  std::erase_if(pins_, [&](const PinKey& pin) { return pin.holder == holder; });
  std::erase_if(claims_, [&](const auto& claim) { return claim.second == holder; });
}

Status MemoryBlobIndex::RenewHolder(const std::string& holder, std::chrono::milliseconds ttl) {
  const MutexLock lock(mutex_);
  holders_[holder] = WallMs() + ttl.count();
  std::erase_if(holders_, [&](const auto& other) REQUIRES(mutex_) {
    if (Counts(other.first)) return false;
    Forget(other.first);
    return true;
  });
  return {};
}

Status MemoryBlobIndex::RemoveHolder(const std::string& holder) {
  const MutexLock lock(mutex_);
  holders_.erase(holder);
  Forget(holder);
  return {};
}

Result<bool> MemoryBlobIndex::Pin(const std::string& digest, const std::string& holder,
                                  int64_t pin) {
  const MutexLock lock(mutex_);
  if (!Counts(holder)) return HolderExpired(holder);
  if (IsClaimed(digest)) return false;
  pins_.insert({digest, holder, pin});
  return true;
}

Status MemoryBlobIndex::Unpin(const std::string& holder, const std::vector<int64_t>& pins) {
  const MutexLock lock(mutex_);
  std::erase_if(pins_, [&](const PinKey& pin) {
    return pin.holder == holder && std::find(pins.begin(), pins.end(), pin.number) != pins.end();
  });
  return {};
}

Result<bool> MemoryBlobIndex::BeginDeletion(const std::string& digest, const std::string& holder) {
  const MutexLock lock(mutex_);
  if (!Counts(holder)) return HolderExpired(holder);
  if (IsPinned(digest) || IsClaimed(digest)) return false;
  claims_[digest] = holder;
  return true;
}

Status MemoryBlobIndex::EndDeletion(const std::string& digest, const std::string& holder) {
  const MutexLock lock(mutex_);
  const auto claim = claims_.find(digest);
  if (claim != claims_.end() && claim->second == holder) claims_.erase(claim);
  return {};
}

}  // namespace atelier::server
