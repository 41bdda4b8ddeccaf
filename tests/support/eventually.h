// Eventually: waits for a condition that another process makes true, up to a deadline.
#pragma once

#include <chrono>
#include <functional>
#include <thread>

namespace atelier::testing {

/// Asks `condition` until it holds or `limit` has passed. Only for what another process does and
/// tells nobody about; where there is an event to wait on, wait on that.
inline bool Eventually(const std::function<bool()>& condition,
                       std::chrono::milliseconds limit = std::chrono::seconds(30)) {
  constexpr std::chrono::milliseconds kPollInterval(20);
  const auto deadline = std::chrono::steady_clock::now() + limit;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::sleep_for(kPollInterval);
  }
  return true;
}

}  // namespace atelier::testing
