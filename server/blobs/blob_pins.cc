#include "server/blobs/blob_pins.h"

namespace atelier::server {

BlobPins::Pin BlobPins::Hold(const std::string& digest) {
  MutexLock lock(mutex_);
  deleted_.Wait(lock, [&]() REQUIRES(mutex_) { return !being_deleted_.contains(digest); });
  ++held_[digest];
  return Pin(*this, digest);
}

void BlobPins::Release(const std::string& digest) {
  const MutexLock lock(mutex_);
  const auto held = held_.find(digest);
  if (--held->second == 0) held_.erase(held);
}

bool BlobPins::BeginDeletion(const std::string& digest) {
  const MutexLock lock(mutex_);
  return !held_.contains(digest) && being_deleted_.insert(digest).second;
}

void BlobPins::EndDeletion(const std::string& digest) {
  const MutexLock lock(mutex_);
  being_deleted_.erase(digest);
  deleted_.NotifyAll();
}

}  // namespace atelier::server
