#include "runtime/service/ticket_lock.h"

#include <catch2/catch.hpp>
#include <thread>
#include <vector>

namespace atelier::runtime {
namespace {

bool Always() { return true; }

}  // namespace

TEST_CASE("A caller that asks again at once does not go before one that waits already", "[lock]") {
  TicketLock lock;
  std::vector<std::string> order;
  REQUIRE(lock.Acquire(Always));
  std::atomic<bool> waits = false;
  std::thread other([&] {
    REQUIRE(lock.Acquire([&] { return waits = true; }));
    order.push_back("other");
    lock.Release();
  });
  // It has its ticket once it was asked whether it goes on waiting.
  while (!waits) std::this_thread::yield();
  lock.Release();
  REQUIRE(lock.Acquire(Always));
  order.push_back("again");
  lock.Release();
  other.join();
  CHECK(order == std::vector<std::string>{"other", "again"});
}

TEST_CASE("A caller that gives up waiting holds up none of those behind it", "[lock]") {
  TicketLock lock;
  REQUIRE(lock.Acquire(Always));
  CHECK_FALSE(lock.Acquire([] { return false; }));
  std::atomic<bool> had = false;
  std::thread behind([&] {
    had = lock.Acquire(Always);
    lock.Release();
  });
  lock.Release();
  behind.join();
  CHECK(had);
  CHECK(lock.Acquire(Always));
}

}  // namespace atelier::runtime
