#include "client/outage.h"

#include <algorithm>
#include <thread>

namespace atelier::client {
namespace {

using std::chrono::milliseconds;
using SteadyClock = std::chrono::steady_clock;

// How soon a caller that waits no longer is noticed.
constexpr milliseconds kLongestSleep(100);

}  // namespace

Outage::Outage(const ClientOptions& options, milliseconds patience)
    : options_(options),
      patience_(patience),
      last_news_(SteadyClock::now()),
      pause_({.min = options.first_reattach_pause,
              .max = options.longest_reattach_pause,
              .lowest_share = 1}) {}

bool Outage::WaitAfter(const Error& error, milliseconds retry_after) {
  const milliseconds wanted = std::min(retry_after, options_.longest_reattach_pause);
  const auto until = SteadyClock::now() + std::max(pause_.Next(), wanted);
  if (until > last_news_ + patience_) return false;
  if (!told_ && options_.on_away) options_.on_away(error);
  told_ = true;
  for (;;) {
    if (options_.keep_waiting && !options_.keep_waiting()) return false;
    const SteadyClock::duration left = until - SteadyClock::now();
    if (left <= SteadyClock::duration::zero()) break;
    std::this_thread::sleep_for(std::min<SteadyClock::duration>(kLongestSleep, left));
  }
  return true;
}

void Outage::End() {
  last_news_ = SteadyClock::now();
  pause_.Reset();
  if (told_ && options_.on_back) options_.on_back();
  told_ = false;
}

}  // namespace atelier::client
