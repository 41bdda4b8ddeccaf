// What every JobStore must keep of leases, and when it must forget them.
#include <catch2/catch.hpp>

#include "conformance/store_fixture.h"

namespace atelier::server {
namespace {

const std::string kToken("\0sixteen bytes..", 16);

// A mutation that leases to `worker` until `deadline_ms`.
JobStore::Mutation LeaseTo(const std::string& worker, int64_t deadline_ms, bool alone = false,
                           const std::string& token = kToken) {
  return [=](JobRecord& job) -> Status {
    job.state = JobState::kRunning;
    job.lease = Lease{token, worker, alone, deadline_ms};
    return {};
  };
}

Ids JobsOf(const Result<std::vector<JobLease>>& leases) {
  Ids jobs;
  for (const JobLease& lease : leases.value()) jobs.push_back(lease.job);
  return jobs;
}

}  // namespace

TEST_CASE("A lease is granted with the attempt and is in whatever finds the job", "[store]") {
  OVER_EVERY_STORE();
  REQUIRE(store.Insert(MakeJob("one"), {10}).has_value());
  const Lease lease{kToken, "w", true, 40};
  CHECK(store.TakeQueued({"a"}, 1, LeaseTo("w", 40, true))->at(0).lease == lease);
  CHECK(store.Get("one")->lease == lease);
  CHECK(store.ListRunning()->at(0).lease == lease);
  CHECK(store.List(1, kNoLimit)->at(0).lease == lease);
  const auto held = store.ListExpiredLeases(40);
  REQUIRE(JobsOf(held) == Ids{"one"});
  CHECK(held->at(0).lease == lease);
  CHECK(store.LoadOf("w") == WorkerLoad{true, true});
}

TEST_CASE("A refused batch leaves no lease behind", "[store]") {
  OVER_EVERY_STORE();
  REQUIRE(store.Insert(MakeJob("1"), {10}).has_value());
  REQUIRE(store.Insert(MakeJob("2"), {10}).has_value());
  const auto taken = store.TakeQueued({"a"}, 2, [](JobRecord& job) -> Status {
    if (job.id == "2") return MakeError(Code::kUnavailable, "NO", "no");
    return LeaseTo("w", 40)(job);
  });
  CHECK(taken.error().reason == "NO");
  CHECK_FALSE(store.Get("1")->lease.has_value());
  CHECK(store.LoadOf("w") == WorkerLoad());
}

TEST_CASE("Extending a lease moves its deadline and nothing else of the job", "[store]") {
  OVER_EVERY_STORE();
  REQUIRE(store.Insert(MakeJob("one"), {10}).has_value());
  JobRecord job = store.TakeQueued({"a"}, 1, LeaseTo("w", 40))->at(0);
  REQUIRE(store.ExtendLease("one", kToken, 90).has_value());
  job.lease->deadline_ms = 90;
  CHECK(store.Get("one") == job);
  CHECK(store.ListExpiredLeases(89)->empty());
  CHECK(JobsOf(store.ListExpiredLeases(90)) == Ids{"one"});
}

TEST_CASE("Nobody extends a lease under another token, or one that is over", "[store]") {
  OVER_EVERY_STORE();
  for (const char* id : {"one", "queued"}) REQUIRE(store.Insert(MakeJob(id), {10}).has_value());
  REQUIRE(store.Update("one", LeaseTo("w", 40)).has_value());
  const auto refused = [&](const std::string& id, const std::string& token) {
    const Status status = store.ExtendLease(id, token, 90);
    return !status && status.error().code == Code::kAborted &&
           status.error().reason == "LEASE_LOST";
  };
  CHECK(refused("one", std::string("\0sixteen bytes.!", 16)));
  CHECK(refused("one", std::string("\0", 1)));
  CHECK(refused("one", ""));
  CHECK(refused("queued", kToken));
  CHECK(refused("queued", ""));
  CHECK(refused("none", kToken));
  CHECK(store.Get("one")->lease->deadline_ms == 40);
  REQUIRE(store.Update("one", Requeue).has_value());
  CHECK(refused("one", kToken));
  // The next attempt's token is another.
  REQUIRE(store.Update("one", LeaseTo("v", 50, false, "another")).has_value());
  CHECK(refused("one", kToken));
  CHECK(store.LoadOf("w") == WorkerLoad());
  CHECK(store.LoadOf("v") == WorkerLoad{true, false});
}

TEST_CASE("Leases whose time is over are found, and finding ends none", "[store]") {
  OVER_EVERY_STORE();
  for (const char* id : {"1", "2", "3"}) REQUIRE(store.Insert(MakeJob(id), {10}).has_value());
  REQUIRE(store.Update("1", LeaseTo("w", 30)).has_value());
  REQUIRE(store.Update("2", LeaseTo("w", 20)).has_value());
  REQUIRE(store.Update("3", LeaseTo("v", 10, true)).has_value());
  CHECK(store.ListExpiredLeases(9)->empty());
  CHECK(JobsOf(store.ListExpiredLeases(20)) == Ids{"2", "3"});
  CHECK(JobsOf(store.ListExpiredLeases(20)) == Ids{"2", "3"});
}

TEST_CASE("A worker's load is what it holds now, each worker's apart", "[store]") {
  OVER_EVERY_STORE();
  for (const char* id : {"1", "2", "3"}) REQUIRE(store.Insert(MakeJob(id), {10}).has_value());
  REQUIRE(store.Update("1", LeaseTo("w", 30)).has_value());
  REQUIRE(store.Update("2", LeaseTo("w", 20)).has_value());
  REQUIRE(store.Update("3", LeaseTo("v", 10, true)).has_value());
  CHECK(store.LoadOf("w") == WorkerLoad{true, false});
  CHECK(store.LoadOf("v") == WorkerLoad{true, true});
  CHECK(store.LoadOf("nobody") == WorkerLoad());
  REQUIRE(store.Update("1", Requeue).has_value());
  CHECK(store.LoadOf("w") == WorkerLoad{true, false});
  // An attempt at another worker, and one that is no longer alone.
  REQUIRE(store.Update("2", LeaseTo("v", 50)).has_value());
  REQUIRE(store.Update("3", LeaseTo("v", 50)).has_value());
  CHECK(store.LoadOf("w") == WorkerLoad());
  CHECK(store.LoadOf("v") == WorkerLoad{true, false});
  // A refused change leaves the load as it was.
  const auto refused = store.Update("2", [](JobRecord& job) -> Status {
    job.lease.reset();
    return MakeError(Code::kUnavailable, "NO", "no");
  });
  CHECK_FALSE(refused.has_value());
  End(store, "3", 60);
  CHECK(store.LoadOf("v") == WorkerLoad{true, false});
  End(store, "2", 70);
  CHECK(store.LoadOf("v") == WorkerLoad());
}

TEST_CASE("A job that is no longer running has no lease, whatever ended it", "[store]") {
  OVER_EVERY_STORE();
  REQUIRE(store.Insert(MakeJob("one"), {10}).has_value());
  const JobState state =
      GENERATE(JobState::kQueued, JobState::kSucceeded, JobState::kFailed, JobState::kCancelled);
  REQUIRE(store.Update("one", LeaseTo("w", 40)).has_value());
  const auto ended = store.Update("one", [&](JobRecord& job) -> Status {
    job.state = state;
    return {};
  });
  CHECK_FALSE(ended->lease.has_value());
  CHECK(store.Get("one") == *ended);
  CHECK(store.LoadOf("w") == WorkerLoad());
  CHECK(store.ListExpiredLeases(kNoLimit)->empty());
  if (state == JobState::kQueued) return;
  REQUIRE(store.Delete("one").has_value());
  CHECK(store.ListExpiredLeases(kNoLimit)->empty());
}

TEST_CASE("Leases outlive the process that gave them", "[store]") {
  const testing::TempDir dir;
  const std::string path = (dir.path() / "jobs.sqlite").string();
  {
    const auto store = *SqliteStore::Open(path);
    REQUIRE(store->Insert(MakeJob("one"), {10}).has_value());
    REQUIRE(store->TakeQueued({"a"}, 1, LeaseTo("w", 40, true)).has_value());
    REQUIRE(store->ExtendLease("one", kToken, 90).has_value());
  }
  const auto store = *SqliteStore::Open(path);
  CHECK(store->Get("one")->lease == Lease{kToken, "w", true, 90});
  CHECK(store->LoadOf("w") == WorkerLoad{true, true});
  REQUIRE(store->ExtendLease("one", kToken, 100).has_value());
}

}  // namespace atelier::server
