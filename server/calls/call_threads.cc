#include "server/calls/call_threads.h"

#include <system_error>
#include <utility>

namespace atelier::server {

CallThreads::CallThreads(int max) : max_(max) {
  const MutexLock lock(mutex_);
  threads_.emplace_back([this] { Serve(); });
}

CallThreads::~CallThreads() {
  std::vector<std::thread> threads;
  {
    const MutexLock lock(mutex_);
    stopping_ = true;
    changed_.NotifyAll();
    threads.swap(threads_);
  }
  for (std::thread& thread : threads) thread.join();
}

void CallThreads::Run(std::function<void()> work) {
  const MutexLock lock(mutex_);
  work_.push_back(std::move(work));
  const bool enough = static_cast<int>(work_.size()) <= free_;
  if (!enough && static_cast<int>(threads_.size()) < max_) {
    try {
      threads_.emplace_back([this] { Serve(); });
    } catch (const std::system_error&) {
      // The process may have no more: those that there are do it, one after the other.
    }
  }
  changed_.NotifyOne();
}

void CallThreads::Serve() {
  MutexLock lock(mutex_);
  while (true) {
    ++free_;
    changed_.Wait(lock, [this]() REQUIRES(mutex_) { return stopping_ || !work_.empty(); });
    --free_;
    if (work_.empty()) return;
    std::function<void()> work = std::move(work_.front());
    work_.pop_front();
    lock.Unlock();
    work();
    // What it holds goes before the lock is taken again.
    work = nullptr;
    lock.Lock();
  }
}

}  // namespace atelier::server
