#include "base/clock.h"

namespace atelier {
namespace {

class RealClock final : public Clock {
 public:
  Monotonic NowMonotonic() const override { return std::chrono::steady_clock::now(); }
  Wall NowWall() const override { return std::chrono::system_clock::now(); }
};

}  // namespace

const Clock& SystemClock() {
  static const RealClock clock;
  return clock;
}

}  // namespace atelier
