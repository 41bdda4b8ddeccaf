#include "server/migration/move_pictures.h"

#include <algorithm>
#include <optional>
#include <thread>
#include <vector>

#include "base/mutex.h"
#include "digest/sha256.h"

namespace atelier::server {
namespace {

constexpr int kPageSize = 1000;

/// Of all pictures, the oldest first.
Result<std::vector<std::string>> DigestsOf(BlobStore& store) {
  std::vector<std::string> digests;
  BlobPlace last;
  while (true) {
    ATELIER_ASSIGN_OR_RETURN(const std::vector<BlobPlace> page, store.List(kPageSize, last));
    if (page.empty()) break;
    last = page.back();
    for (const BlobPlace& place : page) digests.push_back(place.digest);
  }
  std::reverse(digests.begin(), digests.end());
  return digests;
}

enum class Outcome { kMoved, kPresent, kDamaged };

struct Moved {
  Outcome outcome = Outcome::kMoved;
  int64_t bytes = 0;
};

Result<Moved> MovePicture(BlobStore& from, BlobStore& to, const std::string& digest) {
  const Status touched = to.Touch(digest);
  if (touched) return Moved{Outcome::kPresent};
  if (touched.error().code != Code::kNotFound) return Unexpected(touched.error());
  const Result<std::string> bytes = from.Get(digest);
  if (!bytes) {
    const Code code = bytes.error().code;
    if (code == Code::kDataLoss || code == Code::kNotFound) return Moved{Outcome::kDamaged};
    return Unexpected(bytes.error());
  }
  // A folder's files are not compared with their names when they are read.
  if (Sha256Hex(*bytes) != digest) return Moved{Outcome::kDamaged};
  ATELIER_RETURN_IF_ERROR(to.PutAs(digest, *bytes, BlobStore::Origin::kWorker));
  return Moved{Outcome::kMoved, static_cast<int64_t>(bytes->size())};
}

/// What the threads share: which picture is next, and what became of those before.
class Progress {
 public:
  explicit Progress(const std::vector<std::string>& digests) : digests_(digests) {}

  /// Nothing when all are taken, or one failed.
  std::optional<std::string> Next() {
    const MutexLock lock(mutex_);
    if (error_ || next_ == digests_.size()) return std::nullopt;
    return digests_[next_++];
  }

  void Count(const std::string& digest, const Result<Moved>& moved) {
    const MutexLock lock(mutex_);
    if (!moved) {
      error_ = moved.error();
    } else if (moved->outcome == Outcome::kPresent) {
      ++counts_.present;
    } else if (moved->outcome == Outcome::kDamaged) {
      ++counts_.damaged;
      counts_.damaged_digest = digest;
    } else {
      ++counts_.pictures;
      counts_.bytes += moved->bytes;
    }
  }

  Result<MovedPictures> Counts() {
    const MutexLock lock(mutex_);
    if (error_) return Unexpected(*error_);
    return counts_;
  }

 private:
  const std::vector<std::string>& digests_;
  Mutex mutex_;
  size_t next_ GUARDED_BY(mutex_) = 0;
  MovedPictures counts_ GUARDED_BY(mutex_);
  std::optional<Error> error_ GUARDED_BY(mutex_);
};

}  // namespace

Result<MovedPictures> MovePictures(BlobStore& from, BlobStore& to, int threads) {
  ATELIER_ASSIGN_OR_RETURN(const std::vector<std::string> digests, DigestsOf(from));
  Progress progress(digests);
  std::vector<std::thread> movers;
  for (int i = 0; i < threads; ++i) {
    movers.emplace_back([&] {
      while (const auto digest = progress.Next()) {
        progress.Count(*digest, MovePicture(from, to, *digest));
      }
    });
  }
  for (std::thread& mover : movers) mover.join();
  return progress.Counts();
}

}  // namespace atelier::server
