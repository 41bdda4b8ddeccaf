#include "server/blobs/s3/shared_blob_pins.h"

#include <spdlog/spdlog.h>

#include <utility>

#include "base/backoff.h"
#include "base/ids.h"
#include "base/random_bytes.h"

namespace atelier::server {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr std::chrono::seconds kRenewInterval(15);
// How long a call waits for the end of a deletion; one reads all kept jobs.
constexpr std::chrono::seconds kDeletionPatience(30);
// How long a deletion waits for pins that other servers are about to release.
constexpr milliseconds kReleasePatience(300);

// Asks `done` until it says true or `patience` is over; what it said last.
template <typename Ask>
Result<bool> AskUntil(milliseconds patience, const Ask& done) {
  Backoff backoff({milliseconds(5), milliseconds(200)}, RandomBits());
  const auto deadline = steady_clock::now() + patience;
  while (true) {
    const Result<bool> is_done = done();
    if (!is_done || *is_done) return is_done;
    const milliseconds pause = backoff.Next();
    if (steady_clock::now() + pause > deadline) return false;
    std::this_thread::sleep_for(pause);
  }
}

}  // namespace

SharedBlobPins::SharedBlobPins(BlobIndex& index)
    : index_(index), holder_(NewId()), thread_([this] { Loop(); }) {}

SharedBlobPins::~SharedBlobPins() {
  {
    const MutexLock lock(mutex_);
    stopping_ = true;
  }
  changed_.NotifyAll();
  thread_.join();
  // What was released and not told yet goes with the holder.
  const Status removed = index_.RemoveHolder(holder_);
  if (!removed)
    spdlog::warn("pins of pictures stay until they run out: {}", removed.error().message);
}

Result<bool> SharedBlobPins::AskRenewed(const std::function<Result<bool>()>& ask) {
  Result<bool> answer = ask();
  if (answer || answer.error().reason != kHolderExpired) return answer;
  // This process stood still, or the database was away.
  ATELIER_RETURN_IF_ERROR(Renew());
  return ask();
}

Result<BlobPins::Pin> SharedBlobPins::Hold(const std::string& digest) {
  const int64_t number = ++last_pin_;
  const Result<bool> pinned = AskUntil(kDeletionPatience, [&] {
    return AskRenewed([&] { return index_.Pin(digest, holder_, number); });
  });
  if (!pinned) {
    // It may be there all the same.
    Release(digest, number);
    return Propagate(pinned.error());
  }
  if (!*pinned)
    return MakeError(Code::kUnavailable, "BLOB_BUSY", "assets/" + digest + " is being deleted");
  return Pin(*this, digest, number);
}

void SharedBlobPins::Release(const std::string&, int64_t number) {
  {
    const MutexLock lock(mutex_);
    released_.push_back(number);
  }
  changed_.NotifyAll();
}

Status SharedBlobPins::FlushEnded() {
  const MutexLock flushing(flushing_);
  std::vector<int64_t> released;
  std::vector<std::string> deletions;
  {
    const MutexLock lock(mutex_);
    released = std::exchange(released_, {});
    deletions = std::exchange(ended_deletions_, {});
  }
  Status told = released.empty() ? Status() : index_.Unpin(holder_, released);
  for (const std::string& digest : deletions) {
    if (told) told = index_.EndDeletion(digest, holder_);
  }
  // Telling it twice does no harm.
  const MutexLock lock(mutex_);
  if (told) {
    for (const std::string& digest : deletions) deleting_.erase(digest);
    return {};
  }
  released_.insert(released_.end(), released.begin(), released.end());
  ended_deletions_.insert(ended_deletions_.end(), deletions.begin(), deletions.end());
  return told;
}

void SharedBlobPins::Loop() {
  auto renewed = steady_clock::now();
  Backoff backoff({milliseconds(50), milliseconds(2000)}, RandomBits());
  milliseconds pause(0);
  while (true) {
    {
      MutexLock lock(mutex_);
      if (changed_.WaitFor(lock, pause, [this]() REQUIRES(mutex_) { return stopping_; })) break;
      const auto until_renewal = std::chrono::duration_cast<milliseconds>(
          kRenewInterval - (steady_clock::now() - renewed));
      (void)changed_.WaitFor(lock, until_renewal, [this]() REQUIRES(mutex_) {
        return stopping_ || !released_.empty() || !ended_deletions_.empty();
      });
    }
    Status status = FlushEnded();
    if (status && steady_clock::now() - renewed >= kRenewInterval) {
      status = Renew();
      if (status) renewed = steady_clock::now();
    }
    pause = status ? milliseconds(0) : backoff.Next();
    if (status) backoff.Reset();
    if (!status) spdlog::warn("cannot keep the pins of pictures: {}", status.error().message);
  }
}

Result<bool> SharedBlobPins::BeginDeletion(const std::string& digest) {
  {
    const MutexLock lock(mutex_);
    if (!deleting_.insert(digest).second) return false;
  }
  const Result<bool> begun = AskUntil(kReleasePatience, [&]() -> Result<bool> {
    // Of our own pins those that live count, and no others.
    ATELIER_RETURN_IF_ERROR(FlushEnded());
    return AskRenewed([&] { return index_.BeginDeletion(digest, holder_); });
  });
  if (!begun) {
    // It may have begun all the same, and nobody could pin the blob before its end.
    EndDeletionLater(digest);
  } else if (!*begun) {
    const MutexLock lock(mutex_);
    deleting_.erase(digest);
  }
  return begun;
}

void SharedBlobPins::EndDeletion(const std::string& digest) {
  if (const Status ended = index_.EndDeletion(digest, holder_); !ended) {
    spdlog::warn("the deletion of {} cannot end yet: {}", digest, ended.error().message);
    EndDeletionLater(digest);
    return;
  }
  const MutexLock lock(mutex_);
  deleting_.erase(digest);
}

void SharedBlobPins::EndDeletionLater(const std::string& digest) {
  {
    const MutexLock lock(mutex_);
    ended_deletions_.push_back(digest);
  }
  changed_.NotifyAll();
}

}  // namespace atelier::server
