#include "server/dispatch/lease_reaper.h"

namespace atelier::server {

LeaseReaper::LeaseReaper(Dispatcher& dispatcher, std::chrono::milliseconds interval)
    : thread_([this, &dispatcher, interval] {
        std::unique_lock lock(mutex_);
        while (!stop_.wait_for(lock, interval, [this] { return stopping_; })) {
          lock.unlock();
          dispatcher.ExpireLeases();
          lock.lock();
        }
      }) {}

LeaseReaper::~LeaseReaper() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  stop_.notify_one();
  thread_.join();
}

}  // namespace atelier::server
