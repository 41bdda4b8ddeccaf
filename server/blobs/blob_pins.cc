#include "server/blobs/blob_pins.h"

namespace atelier::server {

BlobPins::Pin BlobPins::Hold(const std::string& digest) {
  std::unique_lock lock(mutex_);
  deleted_.wait(lock, [&] { return !being_deleted_.contains(digest); });
  ++held_[digest];
  return Pin(*this, digest);
}

void BlobPins::Release(const std::string& digest) {
  const std::lock_guard lock(mutex_);
  const auto held = held_.find(digest);
  if (--held->second == 0) held_.erase(held);
}

bool BlobPins::BeginDeletion(const std::string& digest) {
  const std::lock_guard lock(mutex_);
  return !held_.contains(digest) && being_deleted_.insert(digest).second;
}

void BlobPins::EndDeletion(const std::string& digest) {
  const std::lock_guard lock(mutex_);
  being_deleted_.erase(digest);
  deleted_.notify_all();
}

}  // namespace atelier::server
