// What an operator writes of tenants' limits.
#include "server/tenant_limits_setting.h"

#include <catch2/catch.hpp>

namespace atelier::server {
namespace {

config::v1::ServerConfig ConfigOf(const std::vector<std::string>& entries) {
  config::v1::ServerConfig config;
  config.set_max_queue_per_tenant(100);
  config.set_max_running_per_tenant(2);
  config.set_max_cost_per_tenant(1.5);
  config.set_storage_mib_per_tenant(3);
  config.set_max_requests_per_second_per_tenant(0.5);
  for (const std::string& entry : entries) config.add_tenant_limits(entry);
  return config;
}

}  // namespace

TEST_CASE("Limits of single tenants fall back on the general ones", "[quota]") {
  const auto table = TenantLimitsOf(
      ConfigOf({"acme max_running=8 storage_mib=1000", " free  max_requests_per_second=0.1 ",
                "whale max_queue=0 max_running=0 max_cost=2.5"}));
  REQUIRE(table.has_value());
  const TenantLimits general{100, 2, 1'500'000, 3 << 20, 0.5};
  CHECK(table->Of("somebody") == general);
  CHECK(table->Of("acme") == TenantLimits{100, 8, 1'500'000, int64_t{1000} << 20, 0.5});
  CHECK(table->Of("free") == TenantLimits{100, 2, 1'500'000, 3 << 20, 0.1});
  CHECK(table->Of("whale") == TenantLimits{0, 0, 2'500'000, 3 << 20, 0.5});
  CHECK(table->LimitsRunning());
  CHECK(TenantLimitsOf({})->Of("x") == TenantLimits{});
  CHECK_FALSE(TenantLimitsOf({})->LimitsRunning());
}

TEST_CASE("An entry that is none says which one and what it must be", "[quota]") {
  const std::string entry = GENERATE(
      "", "acme", "max_running=1", "acme max_running", "acme max_running=", "acme max_running=-1",
      "acme max_running=1e300", "acme max_running=nan", "acme max_running=1 max_running=2",
      "acme max_walking=1", "a/b max_running=1", "acme max_running=1,max_queue=2");
  INFO(entry);
  const auto refused = TenantLimitsOf(ConfigOf({"other max_queue=1", entry}));
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().field == "tenant_limits");
  CHECK_THAT(refused.error().message, Catch::Contains(entry));
}

TEST_CASE("A tenant is named once", "[quota]") {
  CHECK_FALSE(TenantLimitsOf(ConfigOf({"acme max_queue=1", "acme max_running=1"})).has_value());
}

}  // namespace atelier::server
