// BlobStore: bytes under the SHA-256 of their content. What is stored twice is kept once, under an
// id that the server made. Thread-safe.
//
// A blob is collected once no job names it and nobody used it for a while (Sweep). To use is to
// Put() or to Touch() it: whoever is about to store a job that names a blob does one of them first,
// and then has that while to store the job. It holds the blob in pins() from before to after, so
// that nobody removes it in between.
#pragma once

#include <chrono>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "base/result.h"
#include "server/blobs/blob_pins.h"

namespace atelier::server {

struct BlobInfo {
  int64_t size_bytes = 0;
  /// When it was first stored.
  std::chrono::system_clock::time_point create_time;
};

/// A blob's place in the order of List().
struct BlobPlace {
  /// When it was first stored, nanoseconds since 1970.
  int64_t create_ns = std::numeric_limits<int64_t>::max();
  std::string digest = {};
};

/// One use of a blob.
struct BlobUse {
  /// No two uses of this process have the same.
  uint64_t number = 0;
  /// The blob was not there before.
  bool created = false;
};

/// What is stored, for whoever only reads.
class BlobReader {
 public:
  virtual ~BlobReader() = default;

  /// NOT_FOUND / ASSET_NOT_FOUND when there is none; also for a malformed digest. The same below.
  virtual Result<std::string> Get(std::string_view digest) = 0;
  /// Its first bytes, `count` at most.
  virtual Result<std::string> GetFirst(std::string_view digest, int64_t count) = 0;
  virtual Result<BlobInfo> Stat(std::string_view digest) = 0;
};

class BlobStore : public BlobReader {
 public:
  /// Whose bytes they are. Results of accepted jobs are stored over the quota too: the work is
  /// done.
  enum class Origin { kClient, kWorker };

  using Digests = std::unordered_set<std::string>;

  struct Swept {
    int64_t blobs = 0;
    int64_t bytes = 0;
    /// Of those blobs.
    std::vector<std::string> digests = {};
  };

  /// Stores `bytes` and returns their digest, 64 lower-case hex digits. They are on disk when this
  /// returns. RESOURCE_EXHAUSTED / STORAGE_QUOTA when a client's bytes do not fit into the quota, /
  /// STORAGE_FULL when they do not fit onto the disk. What is there already always fits.
  Result<std::string> Put(std::string_view bytes, Origin origin = Origin::kClient);
  /// The same for a caller that has the digest, and is told of the use. REQUIRES: `digest` is that
  /// of `bytes`.
  virtual Status PutAs(const std::string& digest, std::string_view bytes, Origin origin,
                       BlobUse* use = nullptr) = 0;
  /// A use of it. NOT_FOUND / ASSET_NOT_FOUND when there is none.
  virtual Status Touch(std::string_view digest) = 0;

  /// Up to `limit` blobs after `after`: those stored last first, those of one moment by digest. By
  /// default from the beginning. Costs what it returns, however many there are.
  virtual Result<std::vector<BlobPlace>> List(int limit, const BlobPlace& after = {}) = 0;
  /// Removes one, whoever used it. REQUIRES: BlobPins::BeginDeletion() of it.
  virtual Status Remove(std::string_view digest) = 0;

  /// Removes a blob that `use` made, unless somebody used it after that: then false. REQUIRES:
  /// BlobPins::BeginDeletion() of it.
  virtual bool TakeBack(std::string_view digest, const BlobUse& use) = 0;

  /// Removes what is not among `named` and was not used for `unused_for`. A blob that is used while
  /// this runs stays. An hour's jump of the wall clock removes nothing that was used since the
  /// start.
  virtual Result<Swept> Sweep(const Digests& named, std::chrono::milliseconds unused_for) = 0;

  /// Bytes of all blobs.
  virtual int64_t bytes() const = 0;

  virtual BlobPins& pins() = 0;
};

/// A blob that nobody deletes meanwhile.
struct HeldBlob {
  std::string digest;
  BlobPins::Pin pin;
  /// Of who stored it.
  BlobUse use = {};
};

/// The digest of `assets/{sha256}`; NOT_FOUND / ASSET_NOT_FOUND when `name` is nothing of the kind.
Result<std::string> DigestOfAsset(std::string_view name);
/// `assets/{digest}`.
std::string AssetName(std::string_view digest);
Unexpected AssetNotFound(std::string_view name);

}  // namespace atelier::server
