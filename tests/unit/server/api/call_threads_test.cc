// Threads of calls, and places for them.
#include "server/calls/call_threads.h"

#include <atomic>
#include <catch2/catch.hpp>

#include "server/calls/call_slots.h"
#include "support/eventually.h"

namespace atelier::server {

TEST_CASE("Work of calls waits for a thread when all are busy, and none is lost", "[waiting]") {
  std::atomic<bool> go = false;
  std::atomic<int> begun = 0;
  std::atomic<int> ended = 0;
  {
    CallThreads threads(2);
    for (int i = 0; i < 5; ++i) {
      threads.Run([&] {
        ++begun;
        (void)testing::Eventually([&] { return go.load(); });
        ++ended;
      });
    }
    REQUIRE(testing::Eventually([&] { return begun == 2; }));
    CHECK(ended == 0);
    go = true;
    // Its end waits for what is left.
  }
  CHECK(begun == 5);
  CHECK(ended == 5);
}

TEST_CASE("A place of a call is free again when the call is over", "[waiting]") {
  const CallSlots slots(1, "TOO_MANY_CALLS", "calls of a test");
  {
    const auto slot = slots.Take();
    REQUIRE(slot.has_value());
    const auto refused = slots.Take();
    REQUIRE_FALSE(refused.has_value());
    CHECK(refused.error().code == Code::kResourceExhausted);
    CHECK(refused.error().message == "there are 1 calls of a test already; try again");
  }
  CHECK(slots.Take().has_value());
}

}  // namespace atelier::server
