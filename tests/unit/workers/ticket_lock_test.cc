#include "generation/turns.h"

#include <catch2/catch.hpp>
#include <thread>
#include <vector>

namespace atelier::generation {
namespace {

bool Always() { return true; }

}  // namespace

TEST_CASE("Who asks again at once does not go before who waits already", "[turns]") {
  Turns turns;
  std::vector<std::string> order;
  REQUIRE(turns.Take(Always));
  std::atomic<bool> waits = false;
  std::thread other([&] {
    REQUIRE(turns.Take([&] { return waits = true; }));
    order.push_back("other");
    turns.Give();
  });
  // It is in the line once it was asked whether it goes on waiting.
  while (!waits) std::this_thread::yield();
  turns.Give();
  REQUIRE(turns.Take(Always));
  order.push_back("again");
  turns.Give();
  other.join();
  CHECK(order == std::vector<std::string>{"other", "again"});
}

TEST_CASE("Who gives up waiting leaves the line and holds up nobody", "[turns]") {
  Turns turns;
  REQUIRE(turns.Take(Always));
  CHECK_FALSE(turns.Take([] { return false; }));
  std::atomic<bool> had = false;
  std::thread behind([&] {
    had = turns.Take(Always);
    turns.Give();
  });
  turns.Give();
  behind.join();
  CHECK(had);
  CHECK(turns.Take(Always));
}

}  // namespace atelier::generation
