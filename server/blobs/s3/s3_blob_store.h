// S3BlobStore: blobs as objects of a bucket in S3, for several servers at once. What there is, what
// was used when and who needs it is in a BlobIndex that all of them share; nothing but caches of it
// is in this process.
//
// The blob abcd... is the object PREFIXab/abcd....ID with an ID of its own each time that it is
// stored, see BlobIndex. Its bytes are compared with its digest whenever the whole of it is read.
//
// While S3 is away, calls that need it are UNAVAILABLE (STORAGE_UNAVAILABLE) after some tries, and
// may be made again; Stat, Touch and List need the index alone.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "server/blobs/blob_store.h"
#include "server/blobs/s3/s3_client.h"
#include "server/blobs/s3/shared_blob_pins.h"
#include "server/storage/storage_failure.h"
#include "server/store/blob_index.h"

namespace atelier::server {

class S3BlobStore final : public BlobStore {
 public:
  struct Options {
    s3::ClientOptions client;
    /// In front of the names of all objects, such as "atelier/".
    std::string prefix = {};
    /// Bytes of all blobs beyond which clients' are refused; 0: any number. What is begun at the
    /// same moment may go over it.
    int64_t max_bytes = 0;
    /// Told of pictures that could not be written or removed.
    OnStorageFailure on_failure = {};
  };

  /// Tries whether the bucket can be written, read and deleted in. FAILED_PRECONDITION /
  /// NO_LIBCURL; S3Client::CheckAccess()'s errors. `index` and `clock`, of which the monotonic time
  /// is used, must outlive the store.
  static Result<std::unique_ptr<S3BlobStore>> Open(Options options, BlobIndex& index,
                                                   const Clock& clock = SystemClock());

  Status PutAs(const std::string& digest, std::string_view bytes, Origin origin,
               BlobUse* use = nullptr) override;
  /// Beside the index's errors: S3Client::Get()'s. DATA_LOSS / ASSET_DAMAGED too when the object is
  /// gone.
  Result<std::string> Get(std::string_view digest) override;
  /// Its length is all that is checked.
  Result<std::string> GetFirst(std::string_view digest, int64_t count) override;
  Result<BlobInfo> Stat(std::string_view digest) override;
  Status Touch(std::string_view digest) override;
  Result<std::vector<BlobPlace>> List(int limit, const BlobPlace& after = {}) override;
  /// A blob whose object cannot be deleted yet is removed all the same; a later Sweep() deletes it.
  Status Remove(std::string_view digest) override;
  bool TakeBack(std::string_view digest, const BlobUse& use) override;
  /// Deletes what other servers left behind as well.
  Result<Swept> Sweep(const Digests& named, std::chrono::milliseconds unused_for) override;
  /// Of the moment when the index could last be asked.
  int64_t bytes() const override;
  BlobPins& pins() override { return pins_; }

 private:
  S3BlobStore(Options options, BlobIndex& index, const Clock& clock)
      : options_(std::move(options)),
        index_(index),
        clock_(clock),
        client_(options_.client),
        pins_(index) {}

  std::string KeyOf(const std::string& object) const { return options_.prefix + object; }
  Result<IndexedBlob> Find(std::string_view digest);
  Status PutBytes(const std::string& digest, std::string_view bytes, Origin origin, BlobUse& use);
  // Deletes an object that is garbage, and forgets it.
  Status DeleteObject(const std::string& object);
  // The same for what may be deleted later.
  void TryDeleteObject(const std::string& object);
  Status DeleteGarbage();
  // How far the index's clock went ahead of ours since the start: what seems that much longer
  // unused is not.
  Result<std::chrono::milliseconds> ClockJump();

  const Options options_;
  BlobIndex& index_;
  const Clock& clock_;
  s3::S3Client client_;
  SharedBlobPins pins_;
  Clock::Monotonic start_time_;
  int64_t index_start_ms_ = 0;
  mutable std::atomic<int64_t> last_bytes_ = 0;
};

}  // namespace atelier::server
