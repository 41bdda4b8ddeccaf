// Loaded: what a service answers with, which is not there before its networks are loaded. A process
// listens from its start, so that it answers probes and a stop while a large model loads.
// Thread-safe.
#pragma once

#include <atomic>

#include "base/result.h"

namespace atelier::runtime {

template <typename T>
class Loaded {
 public:
  /// `item` must outlive the calls; what was written before is seen by whoever gets it. Call once.
  void Set(T& item) { item_.store(&item, std::memory_order_release); }

  /// UNAVAILABLE (LOADING) before Set().
  Result<T*> Get() const {
    T* const item = item_.load(std::memory_order_acquire);
    if (item != nullptr) return item;
    return MakeError(Code::kUnavailable, "LOADING", "the networks are being loaded");
  }

 private:
  std::atomic<T*> item_ = nullptr;
};

}  // namespace atelier::runtime
