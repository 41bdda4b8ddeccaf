// Calls that come faster than their tenant may make them.
#include <catch2/catch.hpp>

#include "server/access/access.h"
#include "server/store/memory/memory_store.h"
#include "unit/server/fake_clock.h"

namespace atelier::server {
namespace {

using std::chrono::milliseconds;

int TakeMany(const RequestRates& rates, const std::string& tenant, int calls) {
  int taken = 0;
  for (int i = 0; i < calls; ++i) taken += rates.Take(tenant) ? 1 : 0;
  return taken;
}

}  // namespace

TEST_CASE("A tenant's calls beyond its rate are refused until it waited, and no other's are",
          "[quota]") {
  FakeClock clock;
  const RequestRates rates(2, clock);
  CHECK(TakeMany(rates, "x", 100) == 20);
  const Status refused = rates.Take("x");
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().code == Code::kResourceExhausted);
  CHECK(refused.error().reason == "TENANT_RATE_LIMIT");
  CHECK_THAT(refused.error().message, Catch::Contains("500 ms"));
  CHECK(rates.Take("y").has_value());
  clock.Advance(milliseconds(499));
  CHECK_FALSE(rates.Take("x").has_value());
  clock.Advance(milliseconds(1));
  CHECK(rates.Take("x").has_value());
  CHECK_FALSE(rates.Take("x").has_value());
  clock.Advance(milliseconds(60'000));
  CHECK(TakeMany(rates, "x", 100) == 20);
}

TEST_CASE("Tenants that are made up take the room of one bucket, and none from known ones",
          "[quota]") {
  FakeClock clock;
  const RequestRates rates(2, clock);
  CHECK(TakeMany(rates, "known", 20) == 20);
  int taken = 0;
  for (int i = 0; i < 30'000; ++i) taken += rates.Take("made-up-" + std::to_string(i)) ? 1 : 0;
  CHECK(taken == static_cast<int>(RequestRates::kMaxBuckets) - 1 + 20);
  CHECK_FALSE(rates.Take("known").has_value());
  clock.Advance(milliseconds(500));
  CHECK(rates.Take("known").has_value());
}

TEST_CASE("Without a rate nobody is refused", "[quota]") {
  FakeClock clock;
  CHECK(TakeMany(RequestRates(0, clock), "x", 10'000) == 10'000);
}

TEST_CASE("Who names a tenant has its rate, an administrator who names none has none", "[quota]") {
  MemoryStore store;
  FakeClock clock;
  const TokenTable tokens(store, clock);
  Access::Options options;
  options.open = true;
  options.calls_per_second = 1;
  options.refusals.clock = &clock;
  int refused = 0;
  options.refusals.count = [&](const std::string& reason) {
    refused += reason == "TENANT_RATE_LIMIT" ? 1 : 0;
  };
  const Access access(tokens, options);
  const rpc::CallRule read{rpc::Audience::kRight, v1::RIGHT_READ};
  for (int i = 0; i < 30; ++i) {
    CHECK(access.Admit({.tenant = "x"}, read).has_value() == (i < 10));
    CHECK(access.Admit({}, read).has_value());
  }
  CHECK(refused == 20);
}

}  // namespace atelier::server
