#include "base/mutex.h"

#include <catch2/catch.hpp>
#include <thread>

namespace atelier {
namespace {

/// Two threads' common number and the news that it changed.
struct Shared {
  Mutex mutex;
  ConditionVariable changed;
  StoppableCondition stoppable;
  int number GUARDED_BY(mutex) = 0;
};

}  // namespace

TEST_CASE("No step of two threads is lost under one mutex, also when a lock is let go of meanwhile",
          "[mutex]") {
  Shared shared;
  const auto count = [&shared] {
    for (int i = 0; i < 20'000; ++i) {
      MutexLock lock(shared.mutex);
      ++shared.number;
      lock.Unlock();
      lock.Lock();
      ++shared.number;
    }
  };
  std::thread other(count);
  count();
  other.join();
  const MutexLock lock(shared.mutex);
  CHECK(shared.number == 80'000);
}

TEST_CASE("A wait ends with the news, and without any when its time is over", "[mutex]") {
  Shared shared;
  MutexLock lock(shared.mutex);
  const auto is_one = [&shared]() REQUIRES(shared.mutex) { return shared.number == 1; };
  CHECK_FALSE(shared.changed.WaitFor(lock, std::chrono::milliseconds(1), is_one));
  std::thread other([&shared] {
    const MutexLock lock(shared.mutex);
    shared.number = 1;
    shared.changed.NotifyAll();
    shared.stoppable.NotifyAll();
  });
  shared.changed.Wait(lock, is_one);
  shared.stoppable.Wait(lock, is_one);
  CHECK(shared.number == 1);
  lock.Unlock();
  other.join();
}

TEST_CASE("A wait for news that never come ends when a stop is requested", "[mutex]") {
  Shared shared;
  std::stop_source stop;
  std::thread other([&stop] { stop.request_stop(); });
  MutexLock lock(shared.mutex);
  const bool came = shared.stoppable.Wait(lock, stop.get_token(), [] { return false; });
  CHECK_FALSE(came);
  lock.Unlock();
  other.join();
}

}  // namespace atelier
