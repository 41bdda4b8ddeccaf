#include "server/jobs/periodic.h"

#include <utility>

namespace atelier::server {

Periodic::Periodic(std::chrono::milliseconds interval, std::function<void()> work)
    : thread_([this, interval, work = std::move(work)] {
        MutexLock lock(mutex_);
        while (!stop_.WaitFor(lock, interval, [this]() REQUIRES(mutex_) { return stopping_; })) {
          lock.Unlock();
          work();
          lock.Lock();
        }
      }) {}

Periodic::~Periodic() {
  {
    const MutexLock lock(mutex_);
    stopping_ = true;
  }
  stop_.NotifyOne();
  thread_.join();
}

}  // namespace atelier::server
