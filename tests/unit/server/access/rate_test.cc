// Calls that come faster than their tenant may make them.
#include <catch2/catch.hpp>

#include "server/access/access.h"
#include "server/store/memory/memory_store.h"
#include "unit/server/fake_clock.h"

namespace atelier::server {
namespace {

using std::chrono::milliseconds;

bool MayCall(const RequestRates& rates, const std::string& tenant) {
  return rates.Take(tenant).count() == 0;
}

int TakeMany(const RequestRates& rates, const std::string& tenant, int calls) {
  int taken = 0;
  for (int i = 0; i < calls; ++i) taken += MayCall(rates, tenant) ? 1 : 0;
  return taken;
}

}  // namespace

TEST_CASE("A tenant's calls beyond its rate are refused until it waited, and no other's are",
          "[quota]") {
  FakeClock clock;
  const RequestRates rates({{.calls_per_second = 2}}, clock);
  CHECK(TakeMany(rates, "x", 100) == 20);
  CHECK(rates.Take("x") == milliseconds(500));
  CHECK(MayCall(rates, "y"));
  clock.Advance(milliseconds(499));
  // Rounded up.
  CHECK(rates.Take("x") <= milliseconds(2));
  CHECK_FALSE(MayCall(rates, "x"));
  clock.Advance(milliseconds(1));
  CHECK(MayCall(rates, "x"));
  CHECK_FALSE(MayCall(rates, "x"));
  clock.Advance(milliseconds(60'000));
  CHECK(TakeMany(rates, "x", 100) == 20);
}

TEST_CASE("Tenants that are made up take the room of one bucket, and none from known ones",
          "[quota]") {
  FakeClock clock;
  const RequestRates rates({{.calls_per_second = 2}}, clock);
  CHECK(TakeMany(rates, "known", 20) == 20);
  int taken = 0;
  for (int i = 0; i < 30'000; ++i) taken += MayCall(rates, "made-up-" + std::to_string(i)) ? 1 : 0;
  CHECK(taken == static_cast<int>(RequestRates::kMaxBuckets) - 1 + 20);
  CHECK_FALSE(MayCall(rates, "known"));
  clock.Advance(milliseconds(500));
  CHECK(MayCall(rates, "known"));
}

TEST_CASE("A tenant with a rate of its own has that, whatever the others have", "[quota]") {
  FakeClock clock;
  TenantLimitTable::Named named;
  named["fast"] = {.calls_per_second = 5};
  named["any"] = {};
  const RequestRates rates({{.calls_per_second = 1}, named}, clock);
  CHECK(TakeMany(rates, "x", 100) == 10);
  CHECK(TakeMany(rates, "fast", 100) == 50);
  CHECK(TakeMany(rates, "any", 100) == 100);
  clock.Advance(milliseconds(1000));
  CHECK(TakeMany(rates, "x", 100) == 1);
  CHECK(TakeMany(rates, "fast", 100) == 5);
  // Others that are made up take nothing of it.
  for (int i = 0; i < 20'000; ++i) (void)rates.Take("made-up-" + std::to_string(i));
  clock.Advance(milliseconds(200));
  CHECK(TakeMany(rates, "fast", 100) == 1);
}

TEST_CASE("Without a rate nobody is refused", "[quota]") {
  FakeClock clock;
  CHECK(TakeMany(RequestRates({}, clock), "x", 10'000) == 10'000);
}

TEST_CASE("Who names a tenant has its rate, an administrator who names none has none", "[quota]") {
  MemoryStore store;
  FakeClock clock;
  const TokenTable tokens(store, clock);
  Access::Options options;
  options.open = true;
  options.tenants = {{.calls_per_second = 1}};
  options.refusals.clock = &clock;
  int refused = 0;
  options.refusals.count = [&](const std::string& reason) {
    refused += reason == "TENANT_RATE_LIMIT" ? 1 : 0;
  };
  const Access access(tokens, options);
  const Caller named = access.Identify({.tenant = "x"}).value();
  const Caller unnamed = access.Identify({}).value();
  for (int i = 0; i < 30; ++i) {
    CHECK((access.TakeTurn(named).count() == 0) == (i < 10));
    CHECK(access.TakeTurn(unnamed).count() == 0);
  }
  CHECK(refused == 20);
}

}  // namespace atelier::server
