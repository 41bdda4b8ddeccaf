// BlobPins: which blobs a call is about to name in a job, so that nobody deletes them meanwhile.
//
// A submit or completion holds its blobs from before it looks that they are there until its job is
// stored. A deletion begins with a blob that nobody holds; whoever wants to hold it then waits for
// its end and finds the blob gone or still there. So no job names a blob that was deleted.
// Thread-safe.
#pragma once

#include <string>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "base/mutex.h"

namespace atelier::server {

class BlobPins {
 public:
  /// Holds a blob as long as it lives. The BlobPins must outlive it.
  class Pin {
   public:
    Pin(BlobPins& pins, std::string digest) : pins_(&pins), digest_(std::move(digest)) {}
    Pin(Pin&& other) noexcept
        : pins_(std::exchange(other.pins_, nullptr)), digest_(std::move(other.digest_)) {}
    Pin& operator=(Pin&&) = delete;
    ~Pin() {
      if (pins_) pins_->Release(digest_);
    }

   private:
    BlobPins* pins_;
    std::string digest_;
  };

  /// Waits while the blob is being deleted.
  Pin Hold(const std::string& digest);
  /// False when somebody holds the blob or deletes it already. Otherwise nobody may hold it until
  /// EndDeletion().
  bool BeginDeletion(const std::string& digest);
  void EndDeletion(const std::string& digest);

 private:
  void Release(const std::string& digest);

  Mutex mutex_;
  ConditionVariable deleted_;
  std::unordered_map<std::string, int> held_ GUARDED_BY(mutex_);
  std::unordered_set<std::string> being_deleted_ GUARDED_BY(mutex_);
};

}  // namespace atelier::server
