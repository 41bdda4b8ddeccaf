// TicketLock: a lock that its callers get in the order in which they asked. A mutex would let the
// lease loop, which asks again at once, go before a direct call that has waited longer.
// Thread-safe.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>

namespace atelier::generation {

class TicketLock {
 public:
  /// Waits until all who asked earlier have released it. True: the caller holds it until Release().
  /// False: `keep_waiting`, which is called some fifty times a second, returned false.
  bool Acquire(const std::function<bool()>& keep_waiting);
  /// REQUIRES: the caller holds it.
  void Release();

 private:
  std::mutex mutex_;
  std::condition_variable moved_;
  std::deque<uint64_t> tickets_;  // the holder's, then those that wait; GUARDED_BY(mutex_)
  uint64_t next_ticket_ = 0;      // GUARDED_BY(mutex_)
};

}  // namespace atelier::generation
