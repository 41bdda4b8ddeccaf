// BlobPins: which blobs a call is about to name in a job, so that nobody deletes them meanwhile.
//
// A submit or completion holds its blobs from before it looks that they are there until its job is
// stored. A deletion begins with a blob that nobody holds; whoever wants to hold it then waits for
// its end and finds the blob gone or still there. So no job names a blob that was deleted.
// Thread-safe.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "base/mutex.h"
#include "base/result.h"

namespace atelier::server {

class BlobPins {
 public:
  /// Holds a blob as long as it lives. The BlobPins must outlive it.
  class Pin {
   public:
    /// `number` is whatever tells the BlobPins which of the blob's pins it is.
    Pin(BlobPins& pins, std::string digest, int64_t number = 0)
        : pins_(&pins), digest_(std::move(digest)), number_(number) {}
    Pin(Pin&& other) noexcept
        : pins_(std::exchange(other.pins_, nullptr)),
          digest_(std::move(other.digest_)),
          number_(other.number_) {}
    Pin& operator=(Pin&&) = delete;
    ~Pin() {
      if (pins_) pins_->Release(digest_, number_);
    }

   private:
    BlobPins* pins_;
    std::string digest_;
    int64_t number_;
  };

  virtual ~BlobPins() = default;

  /// Waits while the blob is being deleted. May fail where pins are kept in a database.
  virtual Result<Pin> Hold(const std::string& digest) = 0;
  /// False when somebody holds the blob or deletes it already. Otherwise nobody may hold it until
  /// EndDeletion().
  virtual Result<bool> BeginDeletion(const std::string& digest) = 0;
  virtual void EndDeletion(const std::string& digest) = 0;

 protected:
  virtual void Release(const std::string& digest, int64_t number) = 0;
};

/// The pins of blobs that one process alone uses.
class ProcessBlobPins final : public BlobPins {
 public:
  Result<Pin> Hold(const std::string& digest) override;
  Result<bool> BeginDeletion(const std::string& digest) override;
  void EndDeletion(const std::string& digest) override;

 private:
  void Release(const std::string& digest, int64_t number) override;

  Mutex mutex_;
  ConditionVariable deleted_;
  std::unordered_map<std::string, int> held_ GUARDED_BY(mutex_);
  std::unordered_set<std::string> being_deleted_ GUARDED_BY(mutex_);
};

}  // namespace atelier::server
