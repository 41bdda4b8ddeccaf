// The LeaseTable of one of several servers: rows say when a lease runs out.
#include <catch2/catch.hpp>

#include "server/dispatch/lease_table.h"
#include "server/store/memory/memory_store.h"
#include "unit/server/fake_clock.h"

namespace atelier::server {
namespace {

using namespace std::chrono_literals;

constexpr std::chrono::milliseconds kDuration = 8000ms;

// A store that can be away, and counts what is written to leases.
class MovingStore final : public MemoryStore {
 public:
  Status ExtendLease(const std::string& id, const std::string& token,
                     int64_t deadline_ms) override {
    ++writes;
    return MemoryStore::ExtendLease(id, token, deadline_ms);
  }
  Result<std::vector<JobLease>> ListExpiredLeases(int64_t now_ms) override {
    if (away) return MakeError(Code::kUnavailable, "STORE_UNAVAILABLE", "away");
    return MemoryStore::ListExpiredLeases(now_ms);
  }
  int writes = 0;
  bool away = false;
};

struct TwoServers {
  TwoServers() {
    clock.Advance(kDuration);  // Past the time after a start.
    JobRecord job;
    job.id = "job";
    job.model = "m";
    REQUIRE(store.Insert(job, {10}).has_value());
    const auto leased = store.Update("job", [&](JobRecord& row) -> Status {
      row.state = JobState::kRunning;
      row.lease = Lease{token, "w", false, time.NowMs() + kDuration.count()};
      return {};
    });
    a.Begin(leased.value());
  }
  size_t Expired(LeaseTable& table) {
    const auto expired = table.FindExpired();
    return expired ? expired->size() : 0;
  }

  const std::string token = NewLeaseToken();
  FakeClock clock;
  QueueTime time{clock};
  MovingStore store;
  LeaseTable a{store, time, kDuration, LeaseTable::Truth::kRows};
  LeaseTable b{store, time, kDuration, LeaseTable::Truth::kRows};
};

TEST_CASE("A lease that reports to one server is alive at another, whoever looks", "[replicas]") {
  TwoServers servers;
  for (int beat = 0; beat < 60; ++beat) {
    servers.clock.Advance(kDuration / 3);
    REQUIRE(servers.b.Extend("job", servers.token).has_value());
    CHECK(servers.Expired(servers.a) == 0);
    CHECK(servers.Expired(servers.b) == 0);
  }
  // Seven eighths of the lease after the last heartbeat it still lives, after the whole no more.
  servers.clock.Advance(kDuration * 7 / 8 - 1ms);
  CHECK(servers.Expired(servers.a) == 0);
  servers.clock.Advance(kDuration / 8 + 1ms);
  CHECK(servers.Expired(servers.a) == 1);
  CHECK(servers.Expired(servers.b) == 1);
}

TEST_CASE("Of many heartbeats eight a lease are written", "[replicas]") {
  TwoServers servers;
  for (int beat = 0; beat < 800; ++beat) {
    servers.clock.Advance(kDuration / 100);
    REQUIRE(servers.a.Extend("job", servers.token).has_value());
  }
  CHECK(servers.store.writes <= 8 * 8);
  CHECK(servers.store.writes >= 7 * 8);
}

TEST_CASE("After the store was away leases have their whole time again", "[replicas]") {
  TwoServers servers;
  servers.store.away = true;
  servers.clock.Advance(kDuration * 2);
  CHECK(servers.Expired(servers.a) == 0);
  servers.store.away = false;
  servers.clock.Advance(kDuration - 1ms);
  CHECK(servers.Expired(servers.a) == 0);
  servers.clock.Advance(1ms);
  CHECK(servers.Expired(servers.a) == 1);
}

TEST_CASE("A jump of the store's clock lets no lease run out that lives", "[replicas]") {
  TwoServers servers;
  servers.time.Follow(servers.time.NowMs() + 3'600'000, 0ms);
  CHECK(servers.Expired(servers.a) == 0);
  servers.clock.Advance(kDuration / 3);
  REQUIRE(servers.b.Extend("job", servers.token).has_value());
  servers.clock.Advance(kDuration * 2 / 3);
  CHECK(servers.Expired(servers.a) == 0);
  servers.clock.Advance(kDuration);
  CHECK(servers.Expired(servers.a) == 1);
}

TEST_CASE("What a worker holds is read from the rows, whichever server leased it", "[replicas]") {
  TwoServers servers;
  const auto held = servers.b.FindOf("w");
  REQUIRE(held.has_value());
  REQUIRE(held->size() == 1);
  CHECK(held->front().job == "job");
  CHECK(servers.b.FindOf("other")->empty());
}

}  // namespace
}  // namespace atelier::server
