// What every JobStore must count of a tenant, and where it must stop it.
#include <catch2/catch.hpp>

#include "conformance/store_fixture.h"

namespace atelier::server {
namespace {

const std::string kDigest(64, 'a');
const std::string kOther(64, 'b');

JobRecord MakeCostly(const std::string& tenant, const std::string& id, int64_t step_pixels) {
  JobRecord job = MakeJobOf(tenant, id);
  job.step_pixels = step_pixels;
  return job;
}

Status LeaseIt(JobRecord& job) {
  job.state = JobState::kRunning;
  job.lease = Lease{"token", "w", false, 10};
  return {};
}

/// Every tenant may run so many.
JobStore::RunningLimit AtMost(int64_t jobs) {
  return [jobs](const std::string&) { return jobs; };
}

}  // namespace

TEST_CASE("Tenants may each have another limit of running jobs", "[store]") {
  OVER_EVERY_STORE();
  for (const char* id : {"x1", "x2", "x3"}) {
    REQUIRE(store.Insert(MakeJobOf("x", id), {}).has_value());
  }
  for (const char* id : {"y1", "y2", "y3"}) {
    REQUIRE(store.Insert(MakeJobOf("y", id), {}).has_value());
  }
  const auto limit = [](const std::string& tenant) -> int64_t { return tenant == "x" ? 1 : 2; };
  CHECK(IdsOf(store.TakeQueued({"a"}, 8, LeaseIt, limit)) == Ids{"x1", "y1", "y2"});
  CHECK(store.TakeQueued({"a"}, 8, LeaseIt, limit)->empty());
  End(store, "x1", 5);
  CHECK(IdsOf(store.TakeQueued({"a"}, 8, LeaseIt, limit)) == Ids{"x2"});
}

TEST_CASE("A tenant with its limit of running jobs is passed over, and served again after",
          "[store]") {
  OVER_EVERY_STORE();
  for (const char* id : {"x1", "x2", "x3"}) {
    REQUIRE(store.Insert(MakeJobOf("x", id), {}).has_value());
  }
  REQUIRE(store.Insert(MakeJobOf("y", "y1"), {}).has_value());
  CHECK(IdsOf(store.TakeQueued({"a"}, 1, LeaseIt, AtMost(1))) == Ids{"x1"});
  CHECK(IdsOf(store.TakeQueued({"a"}, 8, LeaseIt, AtMost(1))) == Ids{"y1"});
  CHECK(store.TakeQueued({"a"}, 8, LeaseIt, AtMost(1))->empty());
  // A batch takes no more than there is room for.
  CHECK(IdsOf(store.TakeQueued({"a"}, 8, LeaseIt, AtMost(2))) == Ids{"x2"});
  End(store, "x1", 5);
  End(store, "x2", 5);
  CHECK(IdsOf(store.TakeQueued({"a"}, 8, LeaseIt, AtMost(1))) == Ids{"x3"});
}

TEST_CASE("Tenants that ride in another's batch keep their own limit", "[store]") {
  OVER_EVERY_STORE();
  for (const char* id : {"x1", "x2"}) REQUIRE(store.Insert(MakeJobOf("x", id), {}).has_value());
  for (const char* id : {"y1", "y2", "y3"}) {
    REQUIRE(store.Insert(MakeJobOf("y", id), {}).has_value());
  }
  CHECK(IdsOf(store.TakeQueued({"a"}, 8, LeaseIt, AtMost(2))) == Ids{"x1", "x2", "y1", "y2"});
}

TEST_CASE("What a tenant has waiting and running is counted, and that of others is not",
          "[store]") {
  OVER_EVERY_STORE();
  REQUIRE(store.Insert(MakeCostly("x", "1", 10), {}).has_value());
  REQUIRE(store.Insert(MakeCostly("x", "2", 20), {}).has_value());
  REQUIRE(store.Insert(MakeCostly("x", "3", 30), {}).has_value());
  REQUIRE(store.Insert(MakeCostly("y", "4", 40), {}).has_value());
  REQUIRE(store.TakeQueued({"a"}, 1, LeaseIt).has_value());
  TenantLoad load = store.LoadOfTenant("x").value();
  CHECK(load.queued == 2);
  CHECK(load.running == 1);
  CHECK(load.step_pixels == 60);
  REQUIRE(store.Update("1", Requeue).has_value());
  End(store, "2", 5, JobState::kCancelled);
  load = store.LoadOfTenant("x").value();
  CHECK(load.queued == 2);
  CHECK(load.running == 0);
  CHECK(load.step_pixels == 40);
  CHECK(store.LoadOfTenant("nobody")->step_pixels == 0);
}

TEST_CASE("A tenant's waiting and running jobs may cost so much together", "[store]") {
  OVER_EVERY_STORE();
  const QueueLimits limits{.step_pixels_per_tenant = 50};
  REQUIRE(store.Insert(MakeCostly("x", "1", 30), limits).has_value());
  REQUIRE(store.TakeQueued({"a"}, 1, LeaseIt).has_value());
  const auto refused = store.Insert(MakeCostly("x", "2", 21), limits);
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().code == Code::kResourceExhausted);
  CHECK(refused.error().reason == "TENANT_COST_LIMIT");
  CHECK(store.Insert(MakeCostly("y", "3", 50), limits).has_value());
  CHECK(store.Insert(MakeCostly("x", "4", 20), limits).has_value());
  End(store, "1", 5);
  CHECK(store.Insert(MakeCostly("x", "5", 30), limits).has_value());
}

TEST_CASE("What a tenant used is kept when its jobs are forgotten", "[store]") {
  OVER_EVERY_STORE();
  const auto use = [](int64_t device_ms, int64_t pictures) {
    return [=](JobRecord& job) -> Status {
      job.device_ms += device_ms;
      job.pictures += pictures;
      job.state = pictures > 0 ? JobState::kSucceeded : JobState::kQueued;
      return {};
    };
  };
  REQUIRE(store.Insert(MakeJobOf("x", "1"), {}).has_value());
  REQUIRE(store.Insert(MakeJobOf("x", "2"), {}).has_value());
  REQUIRE(store.Insert(MakeJobOf("y", "3"), {}).has_value());
  CHECK(store.UsageOf("x").value() == TenantUsage{"x"});
  // An attempt that failed counts, too.
  REQUIRE(store.Update("1", use(70, 0)).has_value());
  REQUIRE(store.Update("1", use(100, 4)).has_value());
  REQUIRE(store.Update("2", use(5, 1)).has_value());
  const auto refused = store.Update("3", [](JobRecord& job) -> Status {
    job.device_ms = 1000;
    return MakeError(Code::kAborted, "LEASE_LOST", "no");
  });
  CHECK_FALSE(refused.has_value());
  CHECK(store.Get("1")->device_ms == 170);
  CHECK(store.Get("1")->pictures == 4);
  REQUIRE(store.Delete("1").has_value());
  CHECK(store.UsageOf("x").value() == TenantUsage{"x", 175, 5, 0});
  CHECK(store.UsageOf("y").value() == TenantUsage{"y"});
  REQUIRE(store.AddAssetOwner({kDigest, "y", 1, 9}).Wait());
  CHECK(store.ListUsage().value() == std::vector<TenantUsage>{{"x", 175, 5, 0}, {"y", 0, 0, 9}});
}

TEST_CASE("A picture counts once for each tenant that stored it, and no more when it is gone",
          "[store]") {
  OVER_EVERY_STORE();
  REQUIRE(store.AddAssetOwner({kDigest, "x", 1, 100}).Wait());
  REQUIRE(store.AddAssetOwner({kDigest, "x", 2, 100}).Wait());
  REQUIRE(store.AddAssetOwner({kDigest, "y", 3, 100}).Wait());
  REQUIRE(store.AddAssetOwner({kOther, "x", 4, 11}).Wait());
  CHECK(store.UsageOf("x")->stored_bytes == 111);
  CHECK(store.UsageOf("y")->stored_bytes == 100);
  REQUIRE(store.RemoveAssetOwners(kDigest));
  CHECK(store.UsageOf("x")->stored_bytes == 11);
  CHECK(store.UsageOf("y")->stored_bytes == 0);
  // Who stores and used nothing has no row.
  CHECK(store.ListUsage().value() == std::vector<TenantUsage>{{"x", 0, 0, 11}});
}

TEST_CASE("Pictures from before their bytes were kept are found and told theirs", "[store]") {
  OVER_EVERY_STORE();
  REQUIRE(store.AddAssetOwner({kDigest, "x", 1}).Wait());
  REQUIRE(store.AddAssetOwner({kDigest, "y", 1}).Wait());
  REQUIRE(store.AddAssetOwner({kOther, "x", 1, 7}).Wait());
  CHECK(store.ListUnsizedAssets(10).value() == Ids{kDigest});
  REQUIRE(store.SetAssetBytes(kDigest, 30));
  REQUIRE(store.SetAssetBytes(kOther, 1000));
  CHECK(store.ListUnsizedAssets(10)->empty());
  CHECK(store.UsageOf("x")->stored_bytes == 37);
  CHECK(store.UsageOf("y")->stored_bytes == 30);
}

TEST_CASE("Running jobs without a lease are found", "[store]") {
  OVER_EVERY_STORE();
  for (const char* id : {"1", "2", "3"}) REQUIRE(store.Insert(MakeJob(id), {}).has_value());
  REQUIRE(store.Update("1", LeaseIt).has_value());
  CHECK(store.ListUnleased()->empty());
  REQUIRE(store.Update("2", Run).has_value());
  CHECK(IdsOf(store.ListUnleased()) == Ids{"2"});
}

}  // namespace atelier::server
