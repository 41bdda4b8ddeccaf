// Turns: who may paint, first come first served. A mutex would let the lease loop, which asks again
// at once, go before whoever has waited longer. Thread-safe.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>

namespace atelier::generation {

class Turns {
 public:
  /// Waits for the caller's turn; true: it has it until Give(). False once `keep_waiting`, which is
  /// asked some fifty times a second, said no.
  bool Take(const std::function<bool()>& keep_waiting);
  /// REQUIRES: Take() was true.
  void Give();

 private:
  std::mutex mutex_;
  std::condition_variable moved_;
  std::deque<uint64_t> line_;  // who paints, then who waits; GUARDED_BY(mutex_)
  uint64_t next_ticket_ = 0;   // GUARDED_BY(mutex_)
};

}  // namespace atelier::generation
