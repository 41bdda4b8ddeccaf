#include "runtime/timers.h"

#include <condition_variable>
#include <mutex>

namespace atelier::runtime {
namespace {

class RealTimers : public Timers {
 public:
  bool SleepFor(std::chrono::milliseconds duration, std::stop_token stop) override {
    std::mutex mutex;
    std::condition_variable_any woken;
    std::unique_lock lock(mutex);
    woken.wait_for(lock, stop, duration, [] { return false; });
    return !stop.stop_requested();
  }
};

}  // namespace

Timers& SystemTimers() {
  static RealTimers timers;
  return timers;
}

}  // namespace atelier::runtime
