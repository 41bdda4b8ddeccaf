// TicketLock: a lock that its callers get in the order in which they asked. A mutex would let the
// lease loop, which asks again at once, go before a direct call that has waited longer.
// Thread-safe.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>

namespace atelier::runtime {

class TicketLock {
 public:
  /// So many hold it at once. REQUIRES: 1 or more.
  explicit TicketLock(int holders = 1) : free_(holders) {}

  /// Waits until all who asked earlier had it, and one of them released it. True: the caller holds
  /// it until Release(). False: `keep_waiting`, which is called some fifty times a second, returned
  /// false.
  bool Acquire(const std::function<bool()>& keep_waiting);
  /// REQUIRES: the caller holds it.
  void Release();

 private:
  std::mutex mutex_;
  std::condition_variable moved_;
  std::deque<uint64_t> waiting_;  // tickets; GUARDED_BY(mutex_)
  int free_;                      // GUARDED_BY(mutex_)
  uint64_t next_ticket_ = 0;      // GUARDED_BY(mutex_)
};

}  // namespace atelier::runtime
