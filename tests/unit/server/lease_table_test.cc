#include "server/dispatch/lease_table.h"

#include <catch2/catch.hpp>
#include <set>

#include "unit/server/backend.h"

namespace atelier::server {
namespace {

using std::chrono::milliseconds;

/// One leased job, and a table over a store that counts its writes and may refuse them.
struct Leased {
  /// A store that passes everything on.
  class CountingStore : public MemoryStore {
   public:
    Status ExtendLease(const std::string& id, const std::string& token,
                       int64_t deadline_ms) override {
      ++writes;
      if (full) return MakeError(Code::kResourceExhausted, "STORAGE_FULL", "no room");
      return MemoryStore::ExtendLease(id, token, deadline_ms);
    }
    int writes = 0;
    bool full = false;
  };

  Leased() {
    JobRecord job;
    job.id = "one";
    job.model = "a";
    job.tenant = "t";
    job.spec = "spec";
    REQUIRE(store.Insert(job, {10}).has_value());
    lease = {NewLeaseToken(), "w", false, time.NowMs() + kLease.count()};
    const auto leased = store.Update("one", [&](JobRecord& row) -> Status {
      row.state = JobState::kRunning;
      row.lease = lease;
      return {};
    });
    table.Begin(leased.value());
  }
  size_t CountExpired(LeaseTable& of) { return of.FindExpired()->size(); }
  int64_t StoredMs() { return store.Get("one")->lease->deadline_ms - time.NowMs(); }

  FakeClock clock;
  QueueTime time{clock};
  CountingStore store;
  LeaseTable table{store, time, kLease};
  Lease lease;
};

}  // namespace

TEST_CASE("Heartbeats within half a lease cost no write, and the row is never far behind",
          "[dispatch]") {
  Leased leased;
  // A step every 100 ms for ten leases.
  for (int step = 0; step < 1000; ++step) {
    leased.clock.Advance(milliseconds(100));
    REQUIRE(leased.table.Extend("one", leased.lease.token) == "w");
    CHECK(leased.StoredMs() >= kLease.count() / 2);
    CHECK(leased.CountExpired(leased.table) == 0);
  }
  CHECK(leased.store.writes == 20);
}

TEST_CASE("A lease lives whole from its last heartbeat although its row says less", "[dispatch]") {
  Leased leased;
  leased.clock.Advance(kLease / 2 - milliseconds(1));
  REQUIRE(leased.table.Extend("one", leased.lease.token).has_value());
  CHECK(leased.store.writes == 0);
  leased.clock.Advance(kLease - milliseconds(1));
  CHECK(leased.CountExpired(leased.table) == 0);
  leased.clock.Advance(milliseconds(1));
  CHECK(leased.CountExpired(leased.table) == 1);
}

TEST_CASE("A full disk takes no lease away and is not asked at every step", "[dispatch]") {
  Leased leased;
  leased.store.full = true;
  // A step every 100 ms for three leases.
  for (int step = 0; step < 300; ++step) {
    leased.clock.Advance(milliseconds(100));
    CHECK(leased.table.Extend("one", leased.lease.token) == "w");
    CHECK(leased.CountExpired(leased.table) == 0);
  }
  CHECK(leased.store.writes > 10);
  CHECK(leased.store.writes < 25);
  leased.store.full = false;
  leased.clock.Advance(kLease / 4);
  REQUIRE(leased.table.Extend("one", leased.lease.token).has_value());
  CHECK(leased.StoredMs() == kLease.count());
}

TEST_CASE("A table that never saw a lease knows it from the store", "[dispatch]") {
  Leased leased;
  LeaseTable other(leased.store, leased.time, kLease);
  CHECK(other.Check("one", leased.lease.token).has_value());
  CHECK(other.Check("one", NewLeaseToken()).error().reason == "LEASE_LOST");
  CHECK(other.Extend("one", NewLeaseToken()).error().reason == "LEASE_LOST");
  CHECK(other.Extend("none", leased.lease.token).error().reason == "LEASE_LOST");
  // Half of it is gone: the heartbeat writes, and the first table's row with it.
  leased.clock.Advance(kLease / 2);
  REQUIRE(other.Extend("one", leased.lease.token) == "w");
  leased.clock.Advance(kLease / 2);
  CHECK(leased.CountExpired(leased.table) == 0);
}

TEST_CASE("What a leased job asks for is known to whoever holds its token", "[dispatch]") {
  Leased leased;
  LeaseTable other(leased.store, leased.time, kLease);
  for (LeaseTable* table : {&leased.table, &other}) {
    const auto work = table->FindWork("one", leased.lease.token);
    REQUIRE(work.has_value());
    CHECK((*work)->tenant == "t");
    CHECK((*work)->spec == "spec");
    CHECK(table->FindWork("one", NewLeaseToken()).error().reason == "LEASE_LOST");
    CHECK(table->FindWork("none", leased.lease.token).error().reason == "LEASE_LOST");
  }
  // One that ran out and could not be ended in the store lives on whole.
  leased.clock.Advance(kLease);
  const auto expired = leased.table.FindExpired();
  REQUIRE(expired->size() == 1);
  leased.table.BeginAgain(expired->front());
  leased.clock.Advance(kLease / 2);
  CHECK(leased.CountExpired(leased.table) == 0);
  CHECK((*leased.table.FindWork("one", leased.lease.token))->spec == "spec");
}

TEST_CASE("A lease that another server took back is lost at the next write at the latest",
          "[dispatch]") {
  Leased leased;
  REQUIRE(leased.store.Update("one", [](JobRecord& job) -> Status {
    job.state = JobState::kQueued;
    return {};
  }));
  leased.clock.Advance(kLease / 2);
  CHECK(leased.table.Extend("one", leased.lease.token).error().reason == "LEASE_LOST");
  CHECK(leased.table.Check("one", leased.lease.token).error().reason == "LEASE_LOST");
}

TEST_CASE("No two tokens are alike", "[dispatch]") {
  std::set<std::string> tokens;
  for (int i = 0; i < 1000; ++i) tokens.insert(NewLeaseToken());
  CHECK(tokens.size() == 1000);
  for (const std::string& token : tokens) REQUIRE(token.size() == kLeaseTokenBytes);
}

}  // namespace atelier::server
