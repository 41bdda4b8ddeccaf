#include "server/blobs/blob_pins.h"

namespace atelier::server {

Result<BlobPins::Pin> ProcessBlobPins::Hold(const std::string& digest) {
  MutexLock lock(mutex_);
  deleted_.Wait(lock, [&]() REQUIRES(mutex_) { return !being_deleted_.contains(digest); });
  ++held_[digest];
  return Pin(*this, digest);
}

void ProcessBlobPins::Release(const std::string& digest, int64_t) {
  const MutexLock lock(mutex_);
  const auto held = held_.find(digest);
  if (--held->second == 0) held_.erase(held);
}

Result<bool> ProcessBlobPins::BeginDeletion(const std::string& digest) {
  const MutexLock lock(mutex_);
  return !held_.contains(digest) && being_deleted_.insert(digest).second;
}

void ProcessBlobPins::EndDeletion(const std::string& digest) {
  const MutexLock lock(mutex_);
  being_deleted_.erase(digest);
  deleted_.NotifyAll();
}

}  // namespace atelier::server
