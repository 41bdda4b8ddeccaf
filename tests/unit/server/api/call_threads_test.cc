// Threads of calls, and places for them.
#include "server/calls/call_threads.h"

#include <atomic>
#include <catch2/catch.hpp>
#include <optional>
#include <thread>

#include "server/calls/call_memory.h"
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

TEST_CASE("Requests beyond the memory for calls wait their turn, and more than that are refused",
          "[waiting]") {
  constexpr int64_t kMiB = 1 << 20;
  CallMemory memory(30 * kMiB);
  // Worked on: three times itself.
  std::optional<CallMemory::Hold> worked = *memory.Take(8 * kMiB);
  CallMemory::Hold second = *memory.Queue(10 * kMiB);
  CallMemory::Hold third = *memory.Queue(15 * kMiB);
  const auto refused = memory.Queue(6 * kMiB);
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().reason == "TOO_MANY_CALLS");
  // Small ones pass.
  CHECK(memory.Take(1000).has_value());
  CHECK_FALSE(third.Grow(6 * kMiB).has_value());
  CHECK(third.Grow(kMiB).has_value());

  std::atomic<bool> begun = false;
  std::thread waits([&] {
    second.Begin();
    begun = true;
  });
  CHECK_FALSE(begun);
  worked.reset();
  waits.join();
  CHECK(begun);
  // One that is larger than all there is may, alone.
  second = CallMemory::Hold();
  third = CallMemory::Hold();
  CHECK(memory.Take(100 * kMiB).has_value());
}

}  // namespace atelier::server
