// Outage: how one call waits for a server that is away or drains.
#pragma once

#include <chrono>

#include "base/backoff.h"
#include "base/result.h"
#include "client/client.h"

namespace atelier::client {

class Outage {
 public:
  /// `options` must outlive it. `patience` is counted from the last news, at first from now.
  Outage(const ClientOptions& options, std::chrono::milliseconds patience);

  /// Waits after a failed try, tells of it once, and says whether to try again. Not when patience
  /// ends before the pause does or options.keep_waiting says no. `retry_after` is the server's own
  /// wish.
  bool WaitAfter(const Error& error, std::chrono::milliseconds retry_after = {});
  /// The server answered.
  void End();

 private:
  const ClientOptions& options_;
  const std::chrono::milliseconds patience_;
  std::chrono::steady_clock::time_point last_news_;
  Backoff pause_;
  bool told_ = false;
};

}  // namespace atelier::client
