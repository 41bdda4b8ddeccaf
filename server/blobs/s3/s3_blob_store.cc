#include "server/blobs/s3/s3_blob_store.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "base/ids.h"
#include "digest/sha256.h"

namespace atelier::server {
namespace {

constexpr int kPageSize = 500;
// A Put whose upload was swept meanwhile begins again.
constexpr int kPutTries = 3;

std::string NewObject(const std::string& digest) {
  return digest.substr(0, 2) + "/" + digest + "." + NewId();
}

}  // namespace

Result<std::unique_ptr<S3BlobStore>> S3BlobStore::Open(Options options, BlobIndex& index,
                                                       const Clock& clock) {
  ATELIER_RETURN_IF_ERROR(s3::LoadLibCurl());
  if (!options.client.endpoint.empty())
    ATELIER_RETURN_IF_ERROR(s3::CheckEndpoint(options.client.endpoint));
  std::unique_ptr<S3BlobStore> store(new S3BlobStore(std::move(options), index, clock));
  ATELIER_RETURN_IF_ERROR(store->client_.CheckAccess(store->options_.prefix));
  ATELIER_RETURN_IF_ERROR(store->pins_.Renew());
  store->start_time_ = clock.NowMonotonic();
  ATELIER_ASSIGN_OR_RETURN(store->index_start_ms_, index.NowMs());
  return store;
}

Result<IndexedBlob> S3BlobStore::Find(std::string_view digest) {
  const std::string name = AssetName(digest);
  ATELIER_ASSIGN_OR_RETURN(const std::string checked, DigestOfAsset(name));
  ATELIER_ASSIGN_OR_RETURN(std::optional<IndexedBlob> blob, index_.Find(checked));
  if (!blob) return AssetNotFound(name);
  return *std::move(blob);
}

Status S3BlobStore::PutAs(const std::string& digest, std::string_view bytes, Origin origin,
                          BlobUse* use) {
  BlobUse own;
  Status put = PutBytes(digest, bytes, origin, own);
  if (use) *use = own;
  TellStorageFailure(put, options_.on_failure);
  return put;
}

Status S3BlobStore::PutBytes(const std::string& digest, std::string_view bytes, Origin origin,
                             BlobUse& use) {
  const int64_t max_bytes = origin == Origin::kClient ? options_.max_bytes : 0;
  for (int tries = 0; tries < kPutTries; ++tries) {
    const std::string object = NewObject(digest);
    ATELIER_ASSIGN_OR_RETURN(
        const std::optional<int64_t> used,
        index_.BeginPut(digest, object, static_cast<int64_t>(bytes.size()), max_bytes));
    if (used) {
      use.number = static_cast<uint64_t>(*used);
      return {};
    }
    if (Status written = client_.PutNew(KeyOf(object), bytes, digest); !written) {
      const Status abandoned = index_.AbandonPut(object);
      if (!abandoned) spdlog::warn("an upload stays listed: {}", abandoned.error().message);
      // S3 may have it all the same. It is deleted by the next Sweep(), when S3 may be back.
      return written;
    }
    ATELIER_ASSIGN_OR_RETURN(const std::optional<BlobIndex::Stored> stored, index_.EndPut(object));
    if (!stored || !stored->created) TryDeleteObject(object);
    if (!stored) continue;
    use = {static_cast<uint64_t>(stored->use), stored->created};
    return {};
  }
  return MakeError(Code::kUnavailable, s3::kUnavailable,
                   "assets/" + digest + " took too long to be stored");
}

Result<std::string> S3BlobStore::Get(std::string_view digest) {
  const auto is_whole = [digest](std::string_view body) { return Sha256Hex(body) == digest; };
  ATELIER_ASSIGN_OR_RETURN(IndexedBlob blob, Find(digest));
  Result<std::string> bytes = client_.Get(KeyOf(blob.object), blob.bytes, is_whole);
  if (bytes || bytes.error().code != Code::kNotFound) return bytes;
  // It was deleted, and perhaps stored again, since its name was read.
  const std::string object = std::move(blob.object);
  ATELIER_ASSIGN_OR_RETURN(blob, Find(digest));
  if (blob.object != object) bytes = client_.Get(KeyOf(blob.object), blob.bytes, is_whole);
  if (bytes || bytes.error().code != Code::kNotFound) return bytes;
  return MakeError(Code::kDataLoss, "ASSET_DAMAGED",
                   AssetName(digest) + " is not in its bucket any more");
}

Result<std::string> S3BlobStore::GetFirst(std::string_view digest, int64_t count) {
  ATELIER_ASSIGN_OR_RETURN(const IndexedBlob blob, Find(digest));
  count = std::min(count, blob.bytes);
  if (count == blob.bytes) return Get(digest);
  if (count <= 0) return std::string();
  Result<std::string> bytes = client_.GetFirst(KeyOf(blob.object), count);
  // It was deleted, and perhaps stored again, since its name was read: rare enough to read all of
  // it.
  if (!bytes && bytes.error().code == Code::kNotFound) {
    ATELIER_ASSIGN_OR_RETURN(std::string all, Get(digest));
    all.resize(static_cast<size_t>(count));
    return all;
  }
  return bytes;
}

Result<BlobInfo> S3BlobStore::Stat(std::string_view digest) {
  ATELIER_ASSIGN_OR_RETURN(const IndexedBlob blob, Find(digest));
  const auto since =
      std::chrono::duration_cast<Clock::Wall::duration>(std::chrono::nanoseconds(blob.create_ns));
  return BlobInfo{blob.bytes, Clock::Wall(since)};
}

Status S3BlobStore::Touch(std::string_view digest) {
  const std::string name = AssetName(digest);
  ATELIER_ASSIGN_OR_RETURN(const std::string checked, DigestOfAsset(name));
  ATELIER_ASSIGN_OR_RETURN(const bool touched, index_.Touch(checked));
  if (!touched) return AssetNotFound(name);
  return {};
}

Result<std::vector<BlobPlace>> S3BlobStore::List(int limit, const BlobPlace& after) {
  ATELIER_ASSIGN_OR_RETURN(const std::vector<IndexedBlob> blobs,
                           index_.List(limit, after.create_ns, after.digest));
  std::vector<BlobPlace> places;
  for (const IndexedBlob& blob : blobs) places.push_back({blob.create_ns, blob.digest});
  return places;
}

Status S3BlobStore::DeleteObject(const std::string& object) {
  ATELIER_RETURN_IF_ERROR(client_.Delete(KeyOf(object)));
  return index_.ForgetGarbage({object});
}

void S3BlobStore::TryDeleteObject(const std::string& object) {
  const Status deleted = DeleteObject(object);
  if (deleted) return;
  spdlog::warn("{} is deleted later: {}", object, deleted.error().message);
  TellStorageFailure(deleted, options_.on_failure);
}

Status S3BlobStore::Remove(std::string_view digest) {
  ATELIER_ASSIGN_OR_RETURN(const IndexedBlob blob, Find(digest));
  ATELIER_ASSIGN_OR_RETURN(const bool removed, index_.RemoveClaimed(blob.digest, pins_.holder()));
  if (!removed) return AssetNotFound(AssetName(digest));
  TryDeleteObject(blob.object);
  return {};
}

bool S3BlobStore::TakeBack(std::string_view digest, const BlobUse& use) {
  if (!use.created) return false;
  const Result<IndexedBlob> blob = Find(digest);
  if (!blob) return false;
  const Result<bool> removed =
      index_.RemoveClaimed(blob->digest, pins_.holder(), static_cast<int64_t>(use.number));
  if (!removed) spdlog::warn("{} is not taken back: {}", digest, removed.error().message);
  if (!removed.value_or(false)) return false;
  TryDeleteObject(blob->object);
  return true;
}

Result<std::chrono::milliseconds> S3BlobStore::ClockJump() {
  ATELIER_ASSIGN_OR_RETURN(const int64_t index_ms, index_.NowMs());
  const std::chrono::milliseconds theirs(index_ms - index_start_ms_);
  const auto ours =
      std::chrono::duration_cast<std::chrono::milliseconds>(clock_.NowMonotonic() - start_time_);
  return std::max(theirs - ours, std::chrono::milliseconds(0));
}

Result<BlobStore::Swept> S3BlobStore::Sweep(const Digests& named,
                                            std::chrono::milliseconds unused_for) {
  ATELIER_ASSIGN_OR_RETURN(const std::chrono::milliseconds jump, ClockJump());
  unused_for += jump;
  Swept swept;
  UnusedPlace after;
  while (true) {
    ATELIER_ASSIGN_OR_RETURN(const std::vector<UnusedBlob> page,
                             index_.ListUnused(kPageSize, unused_for, after));
    for (const auto& [blob, place] : page) {
      if (named.contains(blob.digest)) continue;
      ATELIER_ASSIGN_OR_RETURN(const bool removed, index_.RemoveUnused(blob.digest, unused_for));
      if (!removed) continue;
      ++swept.blobs;
      swept.bytes += blob.bytes;
      swept.digests.push_back(blob.digest);
    }
    if (page.size() < kPageSize) break;
    after = page.back().place;
  }
  ATELIER_RETURN_IF_ERROR(index_.RemoveUploads(unused_for));
  // What was removed is removed, whether S3 is there or not.
  if (const Status deleted = DeleteGarbage(); !deleted) {
    spdlog::warn("pictures that nobody needs stay in S3 for now: {}", deleted.error().message);
    TellStorageFailure(deleted, options_.on_failure);
  }
  return swept;
}

Status S3BlobStore::DeleteGarbage() {
  std::string after;
  while (true) {
    ATELIER_ASSIGN_OR_RETURN(const std::vector<std::string> page,
                             index_.ListGarbage(kPageSize, after));
    for (const std::string& object : page) ATELIER_RETURN_IF_ERROR(client_.Delete(KeyOf(object)));
    if (!page.empty()) ATELIER_RETURN_IF_ERROR(index_.ForgetGarbage(page));
    if (page.size() < kPageSize) return {};
    after = page.back();
  }
}

int64_t S3BlobStore::bytes() const {
  const Result<int64_t> bytes = index_.Bytes();
  if (bytes) last_bytes_ = *bytes;
  return last_bytes_;
}

}  // namespace atelier::server
