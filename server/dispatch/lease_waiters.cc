#include "server/dispatch/lease_waiters.h"

#include <utility>

namespace atelier::server {

LeaseWaiters::LeaseWaiters(Dispatcher& dispatcher, JobFeed& feed)
    : dispatcher_(dispatcher), feed_(feed), look_out_([this] { LookOut(); }) {}

LeaseWaiters::~LeaseWaiters() {
  {
    const MutexLock lock(mutex_);
    stopping_ = true;
    changed_.NotifyAll();
  }
  look_out_.join();
}

void LeaseWaiters::Add(LeaseWait wait, Done done) {
  const MutexLock lock(mutex_);
  const Place place = waiting_.insert(waiting_.end(), {std::move(wait), std::move(done)});
  threads_.Run([this, place] { Try(place); });
  if (waiting_.size() == 1) changed_.NotifyAll();
}

void LeaseWaiters::LookOut() {
  while (true) {
    // Read before anybody is asked: a job that comes in between ends the wait below at once.
    const uint64_t generation = feed_.queue_generation();
    {
      MutexLock lock(mutex_);
      changed_.Wait(lock, [this]() REQUIRES(mutex_) { return stopping_ || !waiting_.empty(); });
      if (stopping_) return;
      for (Place place = waiting_.begin(); place != waiting_.end(); ++place) {
        if (place->trying || !dispatcher_.IsDue(place->wait)) continue;
        place->trying = true;
        threads_.Run([this, place] { Try(place); });
      }
    }
    feed_.WaitForQueued(generation, kLeasePollInterval);
  }
}

void LeaseWaiters::Try(Place place) {
  // Nobody else touches it meanwhile.
  while (true) {
    std::optional<Result<std::vector<JobRecord>>> leased = dispatcher_.TryLease(place->wait);
    MutexLock lock(mutex_);
    if (leased) {
      const Done done = std::move(place->done);
      waiting_.erase(place);
      lock.Unlock();
      done(*std::move(leased));
      return;
    }
    // What came while the look-out left this one alone it does not see again.
    if (feed_.queue_generation() != place->wait.generation) continue;
    place->trying = false;
    return;
  }
}

}  // namespace atelier::server
