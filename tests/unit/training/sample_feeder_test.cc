#include "training/data/sample_feeder.h"

#include <atomic>
#include <catch2/catch.hpp>

namespace atelier::training {

TEST_CASE("Samples come in order though many threads make them", "[training]") {
  SampleFeeder<int64_t> feeder([](int64_t index) { return index; }, 100, 4, 16);
  for (int64_t i = 100; i < 600; ++i) REQUIRE(feeder.Take() == i);
}

TEST_CASE("Rendering never runs further ahead than it may", "[training]") {
  std::atomic<int64_t> taken = 0, furthest_ahead = 0;
  {
    SampleFeeder<int64_t> feeder(
        [&](int64_t index) {
          const int64_t ahead = index - taken;
          int64_t seen = furthest_ahead;
          while (ahead > seen && !furthest_ahead.compare_exchange_weak(seen, ahead)) {
          }
          return index;
        },
        0, 3, 8);
    for (int i = 0; i < 200; ++i) {
      feeder.Take();
      ++taken;
    }
  }
  // One sample may be taken between the feeder's count and ours.
  CHECK(furthest_ahead <= 8 + 1);
}

TEST_CASE("A feeder nobody reads from any more ends its threads", "[training]") {
  std::atomic<int> made = 0;
  {
    SampleFeeder<int> feeder([&](int64_t) { return ++made; }, 0, 2, 4);
    feeder.Take();
  }
  CHECK(made <= 5);
}

}  // namespace atelier::training
